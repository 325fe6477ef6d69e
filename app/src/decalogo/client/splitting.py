"""Divide files into batches, and batches into uploads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from decalogo.client.multipart import FilePart
from decalogo.errors import ClientError

# The appliance's limit of one upload is 100 MB (api.max_upload_bytes); this leaves room for the framing.
UPLOAD_BYTES = 100 * 1024 * 1024 - 2 * 1024 * 1024
UPLOAD_FILES = 50
"""Documents that every tier allows in one upload, unless the operator lowered the limit."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An upload to send: its files, and their custom ids in the same order (or none)."""

    files: tuple[FilePart, ...]
    custom_ids: tuple[str, ...] = ()


def plan(files: Sequence[FilePart], custom_ids: Sequence[str], *, split: int | None) -> list[Planned]:
    """Return the batches to submit, each as one upload that may have to be divided (:func:`uploads`).

    Args:
        files: in the order of submission.
        custom_ids: one per file, or none.
        split: greatest number of files per batch; None is one batch of all files.

    Raises:
        ClientError: the numbers of custom ids and files differ.
    """
    # Only the appliance counts the documents in a ZIP, so the ids of an upload with one are not counted here.
    archives = split is None and any(map(_is_archive, files))
    if custom_ids and len(custom_ids) != len(files) and not archives:
        raise ClientError(f"{len(custom_ids)} ids for {len(files)} files; give one id per file, or none")
    step = split or max(1, len(files))
    return [
        Planned(tuple(files[at : at + step]), tuple(custom_ids[at : at + step] if split else custom_ids))
        for at in range(0, len(files), step)
    ]


def uploads(batch: Planned, *, most: int = UPLOAD_FILES, archives_apart: bool = False) -> list[Planned]:
    """Return the uploads of a batch, in order; one if it is small enough, or if its custom ids cannot be divided.

    Args:
        batch: all its files.
        most: files per upload; each also holds at most ``UPLOAD_BYTES``, unless one file alone is larger.
        archives_apart: send each ZIP archive alone, because it counts as many documents.
    """
    if batch.custom_ids and len(batch.custom_ids) != len(batch.files):
        return [batch]
    groups: list[list[int]] = []
    size, alone = 0, False
    for number, file in enumerate(batch.files):
        archive = archives_apart and _is_archive(file)
        if not groups or archive or alone or len(groups[-1]) >= most or size + file.size > UPLOAD_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(number)
        size, alone = size + file.size, archive
    ids = batch.custom_ids
    return [
        Planned(tuple(batch.files[n] for n in group), tuple(ids[n] for n in group) if ids else ()) for group in groups
    ]


def _is_archive(file: FilePart) -> bool:
    return file.path.suffix.lower() == ".zip"
