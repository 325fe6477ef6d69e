"""A certificate of the operator for nginx, with a chosen validity."""

from __future__ import annotations

import subprocess
from pathlib import Path


def put_certificate(folder: Path, *, days: int) -> None:
    """Give nginx a new certificate with its chain. A client that trusts the authority trusts every one of them."""
    authority, key, asked, made = (folder / name for name in ("ca.crt", "tls.key", "tls.csr", "new.crt"))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    if not authority.exists():
        openssl("req", "-x509", *curve, "-keyout", f"{folder}/ca.key", "-days", "300", "-subj", "/CN=test authority",
                "-addext", "keyUsage=critical,keyCertSign", "-out", str(authority))  # fmt: skip
        openssl("req", *curve, "-keyout", str(key), "-subj", "/CN=localhost", "-out", str(asked))
        key.chmod(0o644)
        (folder / "extensions").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", str(asked), "-CA", str(authority), "-CAkey", f"{folder}/ca.key", "-CAcreateserial",
            "-days", str(days), "-extfile", f"{folder}/extensions", "-out", str(made))  # fmt: skip
    made.write_text(made.read_text() + authority.read_text())
    made.rename(folder / "tls.crt")


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
