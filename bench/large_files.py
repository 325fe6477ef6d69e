"""Measure time and peak memory of extraction for files of about 100 MB, one per format.

    python bench/large_files.py [--mb N] [--seconds LIMIT] [--memory MIB] [FORMAT...]

``text`` files hold that much text or XML, uncompressed; ``pictures`` files hold a small text and incompressible
pictures. Each is read in a process of its own with limits of CPU time and address space, with the default limits of
the appliance and without text recognition. The report has what came of it, CPU seconds and the peak of resident memory.
It needs Linux.
The exit status is 1 if a process died or ran into the limits.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

from damaged import WORDS, sound_files

MB = 1_000_000
_UNITS = {
    "docx": ("word/document.xml", rb"<w:p>.*?</w:p>"),
    "odt": ("content.xml", rb"<t:p>.*?</t:p>"),
    "xlsx": ("xl/sheet.xml", rb"<row>.*?</row>"),
    "pptx": ("ppt/slide.xml", rb"<p:sp>.*?</p:sp>"),
    "ods": ("content.xml", rb"<b:table-row>.*?</b:table-row>"),
    "epub": ("a.xhtml", rb"<p>.*(?=</html>)"),
}
"""Per ZIP format: the part that holds its text, and a pattern of what is repeated in it."""


def zip_of_text(name: str, content: bytes, size: int) -> bytes:
    """Return a copy of a ZIP file whose main part is about ``size`` bytes long, stored."""
    part, pattern = _UNITS[name]
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as archive:
        for member in source.namelist():
            body = source.read(member)
            if member == part and (unit := re.search(pattern, body, re.DOTALL)):
                body = body[: unit.start()] + unit[0] * (size // len(unit[0])) + body[unit.end() :]
            archive.writestr(zipfile.ZipInfo(member), body)
    return target.getvalue()


def zip_of_pictures(content: bytes, size: int) -> bytes:
    """Return a ZIP file with a picture of ``size`` incompressible bytes added."""
    target = io.BytesIO(content)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(zipfile.ZipInfo("media/image1.jpeg"), random.Random(1).randbytes(size))
    return target.getvalue()


def pdf_of_pictures(size: int) -> bytes:
    """Return a PDF with a picture of 1 MB and a paragraph on each page."""
    from reportlab import rl_config
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    rl_config.useA85 = 0
    noise = picture("JPEG", MB)
    target, chance = io.BytesIO(), random.Random(1)
    canvas = Canvas(target, invariant=1, pageCompression=1)
    for page in range(size // MB):
        different = bytearray(noise + chance.randbytes(MB - len(noise)))
        different[len(noise) // 2 + 2 * page] = page  # equal pictures would be stored once
        canvas.drawImage(ImageReader(io.BytesIO(different)), 60, 60, 200, 200)
        for line in range(30):
            canvas.drawString(60, 780 - 14 * line, WORDS[:90])
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def picture(kind: str, size: int) -> bytes:
    """Return a noisy picture of about ``size`` bytes."""
    from PIL import Image

    side = int((size / (3 if kind != "JPEG" else 2)) ** 0.5)
    target = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side)).save(target, kind, quality=95)
    return target.getvalue()


def mail(size: int) -> bytes:
    """Return a message with a Word document as attachment."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Plan"
    message.set_content(WORDS)
    attached = zip_of_pictures(sound_files()["docx"], size * 3 // 4)
    message.add_attachment(attached, maintype="application", subtype="octet-stream", filename="plan.docx")
    return message.as_bytes()


def makers(size: int) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Yield format, kind and maker of every file."""
    sound = sound_files()
    lines = (WORDS + "\n").encode()
    yield "pdf", "pictures", lambda: pdf_of_pictures(size)
    for name in _UNITS:
        yield name, "text", lambda name=name: zip_of_text(name, sound[name], size)
        yield name, "pictures", lambda name=name: zip_of_pictures(sound[name], size)
    yield "text", "text", lambda: lines * (size // len(lines))
    yield "markdown", "text", lambda: b"# Plan\n\n" + (lines + b"\n") * (size // len(lines))
    yield "html", "text", lambda: b"<!doctype html><html><body>" + (b"<p>" + lines) * (size // len(lines))
    yield "rtf", "text", lambda: rb"{\rtf1\ansi " + (WORDS.encode("cp1252") + rb"\par ") * (size // len(lines)) + b"}"
    yield "eml", "pictures", lambda: mail(size)
    for kind in ("JPEG", "PNG", "TIFF"):
        yield kind.lower(), "pictures", lambda kind=kind: picture(kind, size)


def child(path: Path, options: argparse.Namespace) -> None:
    """Extract one file within the limits and print what came of it as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (options.memory << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (options.seconds,) * 2)
    from decalogo.errors import DocumentError
    from decalogo.evaluation.documents.model import OcrOptions
    from decalogo.evaluation.extract import extract

    try:
        document = extract(path, ocr=OcrOptions(mode="never"))
        ending = f"{len(document.pages)} pages, {len(document.tables)} tables"
    except DocumentError as error:
        ending = f"{error.title}: {error.detail}"
    used = resource.getrusage(resource.RUSAGE_SELF)
    # ru_maxrss would count the memory of the process that started this one.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps([ending, used.ru_utime + used.ru_stime, int(peak.split()[1]) / 1024]))


def main() -> int:
    """Print one row per file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", help="default: all")
    parser.add_argument("--mb", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=120, help="CPU time of one file")
    parser.add_argument("--memory", type=int, default=3072, help="address space of one process, MiB")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options)
        return 0
    died = 0
    print("| format | content | MB | CPU s | peak MiB | ending |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "document")
        for name, kind, make in makers(options.mb * MB):
            if options.formats and name not in options.formats:
                continue
            size = path.write_bytes(make()) / MB
            command = [sys.executable, __file__, "--child", str(path)]
            command += [f"--seconds={options.seconds}", f"--memory={options.memory}"]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                died += 1
                print(f"| {name} | {kind} | {size:.0f} | | | died with {done.returncode} |", flush=True)
                print(done.stderr[-600:], file=sys.stderr)
                continue
            ending, seconds, peak = json.loads(done.stdout)
            print(f"| {name} | {kind} | {size:.0f} | {seconds:.1f} | {peak:.0f} | {ending} |", flush=True)
    return 1 if died else 0


if __name__ == "__main__":
    sys.exit(main())
