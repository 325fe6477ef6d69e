"""A certificate of the operator's own for the edge, valid as long as the test wants."""

from __future__ import annotations

import subprocess
from pathlib import Path


def put_certificate(folder: Path, *, days: int) -> None:
    """Replace the edge's certificate; its key stays, so that one is trusted as long as the other."""
    key = folder / "tls.key"
    if not key.exists():
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key))
        key.chmod(0o644)
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    openssl("req", "-x509", "-key", str(key), "-days", str(days), *subject, "-out", str(folder / "new.crt"))
    (folder / "new.crt").rename(folder / "tls.crt")


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
