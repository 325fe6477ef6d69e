"""What cannot be run is refused before anything starts, with what would be right."""

from pathlib import Path

import pytest

from tests.loadtest import at_root

with at_root():
    from loadtest import documents, options


@pytest.mark.parametrize(("words", "workers"), [([], 1), (["--ui"], 2), (["--ui", "--locust-workers", "3"], 3)])
def test_one_process_of_locust_is_enough_unless_asked_for_more_or_its_page(words: list[str], workers: int) -> None:
    assert options.read(words).locust_workers == workers


@pytest.mark.parametrize(("words", "count"), [([], None), (["--country"], 1103), (["--country", "20"], 20)])
def test_the_country_has_1103_documents_unless_told_otherwise(words: list[str], count: int | None) -> None:
    assert options.read(words).country == count


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--locust-workers", "0"], "'0' is not a number of at least 1"),
        (["--country", "many"], "'many' is not a number of at least 1"),
        (["--minutes", "0"], "'0' is not a number of minutes above 0"),
        (["--soak", "nan"], "'nan' is not a number of minutes above 0"),
        (["--row", "1c1g"], "invalid choice: '1c1g'"),
        (["--ui", "--soak", "1"], "runs no part itself"),
        (["--ui", "--row", "2c4g", "--row", "4c8g"], "runs no part itself"),
        (["--country", "--save-model"], "--save-model needs profiles"),
        (["--again", "/nowhere/report.json"], "/nowhere/report.json is not a file"),
    ],
)
def test_what_cannot_be_run_is_refused(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options.read(words)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


def test_own_documents_are_the_files_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.pdf", "a.txt", ".hidden"):
        (tmp_path / name).write_bytes(b"x")
    assert [file.name for file in documents.given(tmp_path)] == ["a.txt", "b.pdf"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [(None, b"", "no files in"), ("a.zip", b"x", "use its members instead"), ("a.pdf", b"", "a.pdf is empty")],
)
def test_own_documents_that_cannot_be_handed_in_are_refused(
    tmp_path: Path, name: str | None, content: bytes, why: str
) -> None:
    if name:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit, match=why):
        documents.given(tmp_path)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is not a folder"):
        documents.given(tmp_path / "plans")


@pytest.mark.parametrize(("mib", "count"), [(1, 25), (4, 24), (60, 1)])
def test_a_batch_of_large_documents_is_small_enough_for_one_upload(tmp_path: Path, mib: int, count: int) -> None:
    large, small = tmp_path / "large.pdf", tmp_path / "small.pdf"
    small.write_bytes(b"x")
    with large.open("wb") as file:
        file.truncate(mib << 20)
    assert documents.batch_of([small, large], 25) == count


def test_a_document_that_was_interrupted_while_it_was_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(pages: int, target: Path) -> None:
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(documents, "_first_pages", interrupted)
        with pytest.raises(KeyboardInterrupt):
            documents.real_plan(tmp_path, 1)
    assert documents.real_plan(tmp_path, 1).read_bytes().startswith(b"%PDF")
