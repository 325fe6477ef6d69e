"""Serve the interactive reference at ``/api/v1/docs``, without foreign origins and without inline scripts.

The files of Swagger UI come from the package ``fastapi-offline``.
"""

from __future__ import annotations

from importlib.resources import as_file, files

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from decalogo.api.links import ROOT

_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DECALOGO API</title>
<link rel="icon" href="{ROOT}/docs/assets/favicon.png">
<link rel="stylesheet" href="{ROOT}/docs/assets/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="{ROOT}/docs/assets/swagger-ui-bundle.js"></script>
<script src="{ROOT}/docs/start.js"></script>
</body>
</html>
"""

_START = f"""SwaggerUIBundle({{
  url: "{ROOT}/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
}});
"""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
    "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/docs", response_class=HTMLResponse)
async def page() -> HTMLResponse:
    """Return the page."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def start() -> Response:
    """Return the script that starts Swagger UI; an inline script would need a weaker content security policy."""
    return Response(_START, media_type="text/javascript")


def mount(app: FastAPI) -> None:
    """Add the page and its assets to ``app``."""
    app.include_router(router, prefix=ROOT)
    with as_file(files("fastapi_offline") / "static") as folder:
        app.mount(f"{ROOT}/docs/assets", StaticFiles(directory=folder), name="docs-assets")
