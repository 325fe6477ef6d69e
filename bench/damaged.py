"""Evaluate damaged files of every format: each must end with a document error or a result, within time and memory.

    python bench/damaged.py [--files N] [--seed S] [--seconds LIMIT] [--memory MIB] [FILE...]

A seeded generator truncates, flips, splices and overwrites sound files (generated ones, and FILEs of any format). Each
damaged file is evaluated in a child process with limits of CPU time and address space. The script prints per format:
results without and with a flag, document errors, crashes (the process died or raised another exception), and hangs
(over the time limit). The exit status is 1 if a file crashed or hung. Its number is printed; `--only N` repeats it.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import select
import subprocess
import sys
import time
import zipfile
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

WORDS = "La tasa de violencia intrafamiliar fue de 120 casos por cada cien mil habitantes en el año 2019. "
KINDS = ("sound", "flagged", "refused", "crash", "hang")


def sound_files() -> dict[str, bytes]:
    """Return one small valid file of each format."""
    from reportlab.lib import colors
    from reportlab.platypus import SimpleDocTemplate, Table

    pdf = io.BytesIO()
    table = Table([["Producto", "Unidad", "Meta"]] + [[f"Casa {n}", "Número", str(n)] for n in range(60)])
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
    SimpleDocTemplate(pdf, invariant=1).build([table])
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    docx = f"<w:document {w}><w:body>{f'<w:p><w:r><w:t>{WORDS}</w:t></w:r></w:p>' * 200}</w:body></w:document>"
    o = "urn:oasis:names:tc:opendocument:xmlns"
    odt = (
        f'<o:document-content xmlns:o="{o}:office:1.0" xmlns:t="{o}:text:1.0">'
        f"{f'<t:p>{WORDS}</t:p>' * 200}</o:document-content>"
    )
    cells = "".join(f"<tr><td>Casa {n}<td>Número<td>{n}</tr>" for n in range(60))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Plan"
    mail.set_content(WORDS)
    mail.add_attachment(pdf.getvalue(), maintype="application", subtype="pdf", filename="plan.pdf")
    return {
        "pdf": pdf.getvalue(),
        "docx": _zipped({"word/document.xml": docx}),
        "odt": _zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": odt}),
        "html": f"<!doctype html><html><h1>Plan</h1>{f'<p>{WORDS}' * 200}<table>{cells}</table>".encode(),
        "rtf": rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}"
        + rb"\pard " * 9
        + (WORDS * 9 + r"\par ").encode("cp1252") * 30
        + b"}",
        "markdown": f"# Plan\n\n{WORDS * 20}\n\n## Metas\n\n| a | b |\n|---|---|\n{'| 1 | 2 |' * 9}\n".encode() * 9,
        "eml": mail.as_bytes(),
        "text": ("PLAN DE DESARROLLO\n\n" + WORDS * 30 + "\f").encode("cp1252") * 20,
        "utf16": (WORDS * 300).encode("utf-16"),
        **_office_files(),
    }


def _office_files() -> dict[str, bytes]:
    """Return one small sound file of each spreadsheet, presentation, book, flat XML and image format."""
    from PIL import Image

    ooxml = "http://schemas.openxmlformats.org"
    rels = f'<Relationships xmlns="{ooxml}/package/2006/relationships">{{}}</Relationships>'
    link = f'<Relationship Id="{{}}" Type="{ooxml}/officeDocument/2006/relationships/{{}}" Target="{{}}"/>'
    r = f'xmlns:r="{ooxml}/officeDocument/2006/relationships"'
    s, p, a = (f"{ooxml}/{name}/2006/main" for name in ("spreadsheetml", "presentationml", "drawingml"))
    rows = "".join(f'<row><c t="inlineStr"><is><t>Casa {n}</t></is></c><c><v>{n}</v></c></row>' for n in range(99))
    slide = f"<p:sp><p:txBody><a:p><a:r><a:t>{WORDS}</a:t></a:r></a:p></p:txBody></p:sp>" * 20
    o = "urn:oasis:names:tc:opendocument:xmlns"
    names = f'xmlns:o="{o}:office:1.0" xmlns:t="{o}:text:1.0" xmlns:b="{o}:table:1.0"'
    row = "".join(f"<b:table-cell><t:p>{text}</t:p></b:table-cell>" for text in ("Casa", "1"))
    row = f"<b:table-row>{row}</b:table-row>"
    sheet = f"<b:table>{row * 60}</b:table>"
    container = f'<container xmlns="{o}:container"><rootfile full-path="b.opf"/></container>'
    book = '<manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine>'
    images = {}
    for form in ("JPEG", "PNG", "TIFF"):
        buffer = io.BytesIO()
        Image.linear_gradient("L").save(buffer, form)
        images[form.lower()] = buffer.getvalue()
    return {
        "xlsx": _zipped(
            {
                "_rels/.rels": rels.format(link.format("a", "officeDocument", "xl/workbook.xml")),
                "xl/workbook.xml": f'<workbook xmlns="{s}" {r}><sheet name="Metas" r:id="b"/></workbook>',
                "xl/_rels/workbook.xml.rels": rels.format(link.format("b", "worksheet", "sheet.xml")),
                "xl/sheet.xml": f'<worksheet xmlns="{s}"><sheetData>{rows}</sheetData></worksheet>',
            }
        ),
        "pptx": _zipped(
            {
                "_rels/.rels": rels.format(link.format("a", "officeDocument", "ppt/presentation.xml")),
                "ppt/presentation.xml": f'<p:presentation xmlns:p="{p}" {r}><p:sldId r:id="b"/></p:presentation>',
                "ppt/_rels/presentation.xml.rels": rels.format(link.format("b", "slide", "slide.xml")),
                "ppt/slide.xml": f'<p:sld xmlns:p="{p}" xmlns:a="{a}">{slide}</p:sld>',
            }
        ),
        "ods": _zipped(
            {
                "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                "content.xml": f"<o:document-content {names}>{sheet}</o:document-content>",
            }
        ),
        "epub": _zipped(
            {
                "mimetype": "application/epub+zip",
                "META-INF/container.xml": container,
                "b.opf": f'<package xmlns="http://www.idpf.org/2007/opf">{book}</package>',
                "a.xhtml": f"<html><p>{WORDS * 30}</p></html>",
            }
        ),
        "flat": f'<?xml version="1.0"?><o:document {names} o:mimetype="application/vnd.oasis.opendocument.text">'
        f"{f'<t:p>{WORDS}</t:p>' * 60}</o:document>".encode(),
        **images,
    }


def _zipped(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def damage(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Return a copy of ``data`` with one to three kinds of damage."""
    copy = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        size = len(copy)
        if size < 4:
            break
        at = chance.randrange(size)
        how = chance.choice(("truncate", "flip", "flip", "splice", "zero", "repeat", "remove"))
        length = min(size - at, chance.choice((1, 16, 400, 5000)))
        if how == "truncate":
            del copy[at:]
        elif how == "flip":
            for _ in range(chance.choice((1, 10, 200))):
                copy[chance.randrange(size)] ^= 1 << chance.randrange(8)
        elif how == "splice":
            other = chance.choice(others)
            start = chance.randrange(len(other))
            copy[at : at + length] = other[start : start + chance.choice((10, 1000, 20_000))]
        elif how == "zero":
            copy[at : at + length] = bytes(length)
        elif how == "repeat":
            copy[at:at] = bytes(copy[at : at + length]) * chance.choice((2, 50))
        else:
            del copy[at : at + length]
    return bytes(copy)


def make(number: int, seed: int, extra: list[Path]) -> tuple[str, bytes]:
    """Return the name of the format and the bytes of damaged file ``number``."""
    files = sound_files() | {path.name: path.read_bytes() for path in extra}
    names = list(files)
    name = names[number % len(names)]
    chance = random.Random(f"{seed}:{number}")
    return name, damage(files[name], list(files.values()), chance)


def child(options: argparse.Namespace) -> None:
    """Evaluate the damaged files whose numbers arrive on standard input; print how each ended."""
    from decalogo.errors import DocumentError
    from decalogo.evaluation import EvaluateOptions, evaluate
    from decalogo.evaluation.documents.model import OcrOptions
    from decalogo.evaluation.rubric import load_rubric

    rubric = load_rubric("decalogo")
    evaluate(b"Una frase sobre la tasa de casos.", rubric)  # load what is loaded once before timing
    resource.setrlimit(resource.RLIMIT_AS, (options.memory << 20, options.memory << 20))
    for line in sys.stdin:
        name, data = make(int(line), options.seed, options.extra)
        started = time.process_time()
        try:
            flags = evaluate(data, rubric, EvaluateOptions(ocr=OcrOptions(max_pages=2))).result["flags"]
            broken = {flag["code"] for flag in flags} - {"little-evidence", "point-without-text", "pages-synthetic"}
            ending = "flagged" if broken else "sound"
        except DocumentError:
            ending = "refused"
        except BaseException as error:  # a crash: what this script looks for
            ending = f"crash {type(error).__name__}: {error}"
        print(f"{name}\t{time.process_time() - started:.3f}\t{ending}", flush=True)


class Worker:
    """A child process that evaluates one file after another; it is replaced if it dies or hangs."""

    def __init__(self, options: argparse.Namespace) -> None:
        command = [sys.executable, __file__, "--child", f"--seed={options.seed}", f"--memory={options.memory}"]
        command += [str(path) for path in options.extra]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def evaluate(self, number: int, seconds: float) -> tuple[str, float, str]:
        """Return format, CPU seconds and ending of one file."""
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            self.stop()
            return "", seconds, "hang"
        line = self.process.stdout.readline()
        if not line:
            return "", 0.0, f"crash: the process died with {self.process.wait()}"
        name, used, ending = line.rstrip("\n").split("\t", 2)
        return name, float(used), ending

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def main() -> int:
    """Evaluate all files and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extra", nargs="*", type=Path, help="more valid files to damage")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="longest time for one file, wall clock")
    parser.add_argument("--memory", type=int, default=2048, help="address space of a child, MiB")
    parser.add_argument("--only", type=int, help="the number of one file")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options)
        return 0
    names = [*sound_files(), *(path.name for path in options.extra)]
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    longest, slowest = 0.0, -1
    worker = Worker(options)
    for number in [options.only] if options.only is not None else range(options.files):
        name, used, ending = worker.evaluate(number, options.seconds)
        kind = ending.split()[0].rstrip(":")
        counts[name or names[number % len(names)]][kind] += 1
        if used > longest:
            longest, slowest = used, number
        if kind in {"crash", "hang"}:
            print(f"file {number} ({names[number % len(names)]}): {ending}", flush=True)
            worker.stop()
            worker = Worker(options)
    worker.stop()
    print("| format |", " | ".join(KINDS), "|\n|---|" + "---|" * len(KINDS))
    for name, found in counts.items():
        print(f"| {name} |", " | ".join(str(found[kind]) for kind in KINDS), "|")
    whole = sum(counts.values(), Counter())
    print("| all |", " | ".join(str(whole[kind]) for kind in KINDS), "|")
    print(f"slowest: file {slowest}, {longest:.2f} s CPU")
    return 1 if whole["crash"] or whole["hang"] else 0


if __name__ == "__main__":
    sys.exit(main())
