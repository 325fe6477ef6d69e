"""`decalogo api` that kills itself once at one point of an upload: ``python -m tests.faults.mortal_api POINT MARK``.

The points are ``before-ledger`` (files on disk, nothing in the ledger), ``before-publish`` (batch in the ledger, no
message sent) and ``before-answer`` (everything done, no response sent). The process sends itself SIGKILL unless the
file MARK exists, which it creates. This module wraps calls of the API; the product contains no such points.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from decalogo.api import services
from decalogo.batches.ledger import Ledger
from decalogo.cli.api_server import serve

POINTS = ("before-ledger", "before-publish", "before-answer")


def dying(call: Callable[..., Any], mark: Path, *, after: bool = False) -> Callable[..., Any]:
    """Return ``call`` with the kill before or after it."""

    def mortal(*args: Any, **kwargs: Any) -> Any:
        if after:
            answer = call(*args, **kwargs)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer if after else call(*args, **kwargs)

    return mortal


if __name__ == "__main__":
    point, file = sys.argv[1], Path(sys.argv[2])
    assert point in POINTS
    if point == "before-ledger":
        Ledger.admit = dying(Ledger.admit, file)  # type: ignore[method-assign]
    else:
        services.publish = dying(services.publish, file, after=point == "before-answer")  # type: ignore[attr-defined]
    serve()
