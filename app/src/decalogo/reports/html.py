"""Render HTML reports: one self-contained page without scripts and external assets, for a strict content policy."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from decalogo.reports.summary import Summary
from decalogo.reports.view import View


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("decalogo.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style sheet that every page contains."""
    return (resources.files("decalogo.reports") / "templates" / "report.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def content_security_policy() -> str:
    """Return a policy that allows only the page's own style sheet, by its hash, and pictures inside the page.

    The page contains the policy; a server may also send it as a header.
    """
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def render(template: str, **values: Any) -> bytes:
    """Return a page in UTF-8."""
    page = _environment().get_template(template)
    # Safe: the style sheet is a file of this package.
    css = Markup(style())  # noqa: S704
    return page.render(css=css, policy=content_security_policy(), **values).encode()


def summary_html(summary: Summary) -> bytes:
    """Return the summary for signature: one page that prints on two sheets of A4."""
    logo = summary.letterhead.logo
    kind = "png" if logo.startswith(b"\x89PNG") else "jpeg"
    return render(
        "summary.html",
        s=summary,
        labels=summary.labels,
        w=summary.words,
        logo=f"data:image/{kind};base64,{base64.b64encode(logo).decode()}" if logo else "",
    )


def report_html(view: View) -> bytes:
    """Return the report of one document."""
    words, result = view.labels.words, view.result
    keys = [
        "matrix",
        *(["review"] if view.reviewed else []),
        "strengths",
        "gaps",
        *(["recommendations"] if result["recommendations"] else []),
    ]
    keys += [*(["flags"] if view.flags else []), "answers"]
    sections = [(key, words[key]) for key in keys]
    sections += [("page-index", words["page_index"])] if view.cited else []
    return render(
        "report.html",
        view=view,
        labels=view.labels,
        w=words,
        notices=view.notices,
        sections=[*sections, ("limits", words["limits"]), ("identity", words["identity"])],
        dimension_percents={dimension["id"]: dimension["percent"] for dimension in result["dimensions"]},
    )
