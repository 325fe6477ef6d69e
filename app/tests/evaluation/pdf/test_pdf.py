import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from decalogo.errors import (
    DamagedDocumentError,
    DocumentError,
    DocumentTooLargeError,
    EncryptedDocumentError,
    NoTextError,
)
from decalogo.evaluation.extract import extract
from tests.evaluation.pdf.pdfs import SENTENCE, blank_pdf, lines_pdf, paragraph, plan_pdf, ruled_table, sideways_pdf

SAMPLE = plan_pdf(
    [paragraph(SENTENCE * 60), ruled_table([["Programa", "Meta"], ["Mujer", "120"]], [200, 100]), paragraph(SENTENCE)]
)


def codes(result):
    return {flag.code: flag.pages for flag in result.flags}


def test_a_pdf_reads_the_same_from_bytes_and_from_a_file(tmp_path):
    path = tmp_path / "sin-extension"
    path.write_bytes(SAMPLE)
    assert extract(path) == extract(SAMPLE)


def test_a_good_pdf_has_no_flags():
    assert codes(extract(SAMPLE)) == {}


def test_an_encrypted_pdf_is_named_as_such():
    with pytest.raises(EncryptedDocumentError, match="password"):
        extract(lines_pdf([["secreto"]], password="clave"))


def test_a_pdf_without_text_layer_is_named_as_such():
    with pytest.raises(NoTextError, match="2 pages"):
        extract(blank_pdf(2))


def test_pages_without_text_are_flagged_by_number():
    result = extract(lines_pdf([["Primera página con texto."], [], ["Tercera página con texto."], []]))
    assert codes(result) == {"pages-without-text": (2, 4)}
    assert [page.text for page in result.pages] == ["Primera página con texto.", "", "Tercera página con texto.", ""]


def test_too_many_pages_are_refused():
    with pytest.raises(DocumentTooLargeError, match="4 pages"):
        extract(lines_pdf([["una"]] * 4), max_pages=3)


def test_bytes_that_only_begin_like_a_pdf_are_damaged():
    with pytest.raises(DamagedDocumentError, match="again"):
        extract(b"%PDF-1.7\n" + b"nada de esto es un objeto\n" * 20)


@pytest.mark.parametrize("percent", range(10, 100, 10))
def test_a_truncated_pdf_is_refused_or_flagged_as_damaged(percent):
    cut = SAMPLE[: len(SAMPLE) * percent // 100]
    try:
        result = extract(cut)
    except DamagedDocumentError:
        return
    assert "damaged" in codes(result)
    assert any(page.text for page in result.pages)


def test_what_can_be_repaired_of_a_pdf_without_its_end_is_read():
    result = extract(SAMPLE[: SAMPLE.rindex(b"startxref")])
    assert "damaged" in codes(result)
    assert result.pages == extract(SAMPLE).pages


def test_flipped_bits_end_in_a_result_or_a_document_error_and_soon():
    dice = random.Random(20231123)
    started = time.process_time()
    outcomes = set()
    for _ in range(300):
        copy = bytearray(SAMPLE)
        for _ in range(dice.choice((1, 4, 30))):
            copy[dice.randrange(len(copy))] ^= 1 << dice.randrange(8)
        try:
            result = extract(bytes(copy))
        except DocumentError as error:
            outcomes.add(type(error).__name__)
        else:
            outcomes.add("read")
            assert all(0 <= p.start < p.end <= len(result.pages[p.page - 1].text) for p in result.passages)
    assert "read" in outcomes
    assert "DamagedDocumentError" in outcomes
    assert time.process_time() - started < 60


def test_hyphens_ligatures_and_spaces_of_a_pdf_are_mended():
    result = extract(lines_pdf([["La planifi-", "cación del municipio será  e\ufb01caz", "y la planificación llega."]]))
    assert result.pages[0].text.replace("\n", " ").startswith("La planificación del municipio será")


def test_a_rotated_page_is_read_in_its_own_direction():
    upright, turned = extract(sideways_pdf(0)), extract(sideways_pdf(90))
    assert [row.cells[0].text for row in turned.tables[0].rows] == ["Mujer", "Salud"]
    assert turned.tables == upright.tables
    assert turned.passages == upright.passages


def test_the_cost_grows_with_the_pages_and_no_faster():
    def seconds(pages):
        document = lines_pdf([[f"Programa {n}: {SENTENCE}"[:95] for n in range(40)] for _ in range(pages)])
        started = time.process_time()
        extract(document)
        return time.process_time() - started

    seconds(10)
    assert seconds(400) < 20 * max(seconds(40), 0.05)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_600_pages_take_less_than_200_mb(tmp_path):
    path = tmp_path / "plan.pdf"
    path.write_bytes(lines_pdf([[f"Programa {page}.{n}: {SENTENCE}"[:95] for n in range(45)] for page in range(600)]))
    # The kernel's own mark of this process: ru_maxrss would also count the parent that it was forked from.
    code = (
        "import re, sys; from pathlib import Path; from decalogo.evaluation.extract import extract;"
        "extract(Path(sys.argv[1])); print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200 * 1024
