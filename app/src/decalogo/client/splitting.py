"""Split files into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from decalogo.client.multipart import FilePart
from decalogo.errors import ClientError

# The appliance's limit of one upload is 100 MB (api.max_upload_bytes); this leaves room for the framing.
UPLOAD_BYTES = 100 * 1024 * 1024 - 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Planned:
    """A batch to submit: its files, and their custom ids in the same order (or none)."""

    files: tuple[FilePart, ...]
    custom_ids: tuple[str, ...]


def plan(files: Sequence[FilePart], custom_ids: Sequence[str], *, split: int | None) -> list[Planned]:
    """Return the batches to submit.

    Args:
        files: in the order of submission.
        custom_ids: one per file, or none.
        split: greatest number of files per batch, which then also holds at most 98 MiB; None is one batch of all files.

    Raises:
        ClientError: the numbers of custom ids and files differ.
    """
    # Only the appliance counts the documents in a ZIP, so the ids of an upload with one are not counted here.
    archives = split is None and any(file.path.suffix.lower() == ".zip" for file in files)
    if custom_ids and len(custom_ids) != len(files) and not archives:
        raise ClientError(f"{len(custom_ids)} ids for {len(files)} files; give one id per file, or none")
    if split is None:
        return [Planned(tuple(files), tuple(custom_ids))]
    groups: list[list[int]] = []
    size = 0
    for number, file in enumerate(files):
        if not groups or len(groups[-1]) >= split or size + file.size > UPLOAD_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(number)
        size += file.size
    return [
        Planned(tuple(files[n] for n in group), tuple(custom_ids[n] for n in group) if custom_ids else ())
        for group in groups
    ]
