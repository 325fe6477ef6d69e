"""Unpack ZIP archives in an upload: each member becomes a document of the batch, or the upload is rejected.

Archives are detected by content; office documents, which are ZIP files too, stay documents. The list of members is
checked before anything is unpacked, and no member is unpacked to more than the size in the list.
"""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from decalogo.api.problems import body_error
from decalogo.api.upload.display_names import display_name
from decalogo.api.upload.form import too_many_documents
from decalogo.api.upload.intake import PIECE_BYTES, Intake, StoredFile, in_thread
from decalogo.errors import PayloadTooLargeError, UnavailableError
from decalogo.evaluation.formats.zip_files import BROKEN, ENCRYPTED, METHODS, is_archive, opened
from decalogo.settings import Settings

_UTF8_NAME: Final = 0x800
Problem = dict[str, str]


async def unpack(intake: Intake, files: Sequence[StoredFile], most: int, settings: Settings) -> list[StoredFile]:
    """Return the documents of an upload: its files, with each archive replaced by its members, sorted by path.

    Args:
        intake: has the files; it stores the members and deletes the archives.
        files: the uploaded files, in order.
        most: greatest number of documents in a batch of the tier.
        settings: limits on the unpacked size and on the disk.

    Raises:
        ForbiddenError: there are more than ``most`` documents.
        BodyError: members are encrypted, damaged or archives themselves; ``errors`` names each.
        PayloadTooLargeError: the archives of the upload unpack to more than ``api.max_unpacked_bytes``.
        UnavailableError: the disk has too little free space.
    """
    documents: list[StoredFile] = []
    unpacked = 0
    for number, file in enumerate(files):
        path = intake.path(file)
        if not await in_thread(is_archive, path):
            documents.append(file)
            continue
        where = f"files[{number}] {file.filename}"
        members = await in_thread(_members, path, where)
        # Checked before unpacking: a member never unpacks to more than its size in the list.
        unpacked += sum(member.file_size for member in members)
        if unpacked > settings.api.max_unpacked_bytes:
            raise PayloadTooLargeError(
                f"{where}: unpacked, the archives exceed {settings.api.max_unpacked_bytes} bytes; use several uploads.",
                limit=settings.api.max_unpacked_bytes,
            )
        if len(documents) + len(members) > most:
            raise too_many_documents(most)
        if intake.free_bytes() < settings.storage.min_free_bytes + unpacked:
            raise UnavailableError(
                "The artifact store has too little free disk space for this upload.", limit="disk", retry_after=300
            )
        documents += await _extract(intake, path, members, where)
        await in_thread(intake.drop, file)
    if len(documents) > most:
        raise too_many_documents(most)
    return documents


def _members(path: Path, where: str) -> list[zipfile.ZipInfo]:
    """Return the members that are documents, sorted by path; blocking."""
    with opened(path) as archive:
        members = sorted((one for one in archive.infolist() if not _is_clutter(one)), key=_path)
    problems = []
    for member in members:
        if member.flag_bits & ENCRYPTED:
            problems.append(_problem(where, member, "is encrypted; upload it without a password"))
        elif member.compress_type not in METHODS:
            problems.append(_problem(where, member, "uses an unsupported compression method; use deflate"))
    if sum(member.compress_size for member in members) > path.stat().st_size:
        problems.append({"where": where, "detail": "members of the archive overlap, as in a ZIP bomb"})
    if not members:
        problems.append({"where": where, "detail": "the archive has no documents"})
    _refuse(problems)
    return members


async def _extract(intake: Intake, path: Path, members: Sequence[zipfile.ZipInfo], where: str) -> list[StoredFile]:
    problems: list[Problem] = []
    with opened(path) as archive:
        for member in members:
            intake.begin(display_name(_path(member), f"document-{intake.count + 1}"))
            try:
                with archive.open(member) as stream:
                    while piece := await in_thread(stream.read, PIECE_BYTES):
                        await intake.write(piece)
            except BROKEN as error:
                problems.append(_problem(where, member, f"is damaged ({error})"))
            await intake.end()
    stored = (await intake.finish())[-len(members) :]
    for member, file in zip(members, stored, strict=True):
        if await in_thread(is_archive, intake.path(file)):
            problems.append(_problem(where, member, "is an archive itself; upload its contents instead"))
    _refuse(problems)
    return stored


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise body_error(problems)


def _problem(where: str, member: zipfile.ZipInfo, detail: str) -> Problem:
    return {"where": f"{where}: {display_name(_path(member), '(no name)')}", "detail": detail}


def _is_clutter(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is no document: a folder, or a file that operating systems add."""
    parts = _path(member).split("/")
    return member.is_dir() or "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1].lower() == "thumbs.db"


def _path(member: zipfile.ZipInfo) -> str:
    """Return the path of a member; some programs write UTF-8 without the flag for it."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", name.replace("\\", "/"))
