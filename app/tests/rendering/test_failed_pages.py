"""A page that ends the renderer, or holds it, is not tried again and again: others wait for the same process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from decalogo.errors import PageUnreadableError
from decalogo.rendering import renderer as module
from decalogo.rendering.renderer import Renderer
from decalogo.settings import RenderingSettings
from tests.evaluation.pdf.pdfs import lines_pdf


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan"
    path.write_bytes(lines_pdf([["La meta es 12."]] * 9))
    return path


@pytest.fixture
def late() -> Iterator[Renderer]:
    """A renderer for which every page takes too long."""
    renderer = Renderer(RenderingSettings(page_seconds=1e-9))
    yield renderer
    renderer.close()


def tries(renderer: Renderer, file: Path, page: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Ask for a picture that cannot be made; return whether it was tried."""
    asked: list[bytes] = []
    answer = renderer._answer
    with monkeypatch.context() as patch:
        patch.setattr(renderer, "_answer", lambda request: asked.append(request) or answer(request))
        with pytest.raises(PageUnreadableError):
            renderer.picture(file, page, 100)
    return bool(asked)


def test_a_page_is_not_tried_again_for_a_while(late: Renderer, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tries(late, file, 1, monkeypatch)
    assert not tries(late, file, 1, monkeypatch)
    assert tries(late, file, 2, monkeypatch)
    monkeypatch.setattr(module, "_FAILED_SECONDS", 0.0)
    assert tries(late, file, 1, monkeypatch)


def test_a_document_with_three_such_pages_is_not_tried(
    late: Renderer, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert [tries(late, file, page, monkeypatch) for page in (1, 2, 3, 4)] == [True, True, True, False]
    other = tmp_path / "other"
    other.write_bytes(file.read_bytes())
    assert tries(late, other, 4, monkeypatch)


def test_sound_pages_are_drawn_as_often_as_they_are_asked_for(file: Path) -> None:
    renderer = Renderer(RenderingSettings(page_seconds=60))
    try:
        pictures = [renderer.picture(file, page, 100) for page in (1, 1, 2, 3, 4, 5)]
    finally:
        renderer.close()
    assert all(picture[:4] == b"RIFF" for picture in pictures)
