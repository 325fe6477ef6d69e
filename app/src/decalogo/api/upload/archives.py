"""Unpack ZIP archives in an upload: each member becomes a document of the batch, or the upload is rejected.

Archives are detected by content; office documents, which are ZIP files too, stay documents. The list of members is
checked before anything is unpacked, and no member is unpacked to more than the size in the list.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from decalogo.api.problems import body_error
from decalogo.api.upload.display_names import display_name
from decalogo.api.upload.form import too_many_documents
from decalogo.api.upload.intake import PIECE_BYTES, Intake, StoredFile, in_thread
from decalogo.errors import PayloadTooLargeError, UnavailableError
from decalogo.evaluation.formats.package_kinds import is_archive
from decalogo.evaluation.formats.zip_files import BROKEN, ENCRYPTED, METHODS, opened
from decalogo.evaluation.formats.zip_names import member_path
from decalogo.settings import Settings

# Documents that Apple's programs keep as folders. One member of each shows its type.
_BUNDLE: Final = re.compile(r"((?:.*?/)?[^/]+\.(?:pages|numbers|key|rtfd))/.", re.IGNORECASE)
_MAIN: Final = re.compile(r"/(?:index\.zip|index/document\.iwa|index\.apxl|txt\.rtf)$", re.IGNORECASE)
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
        unpacked += sum(member.file_size for _, member in members)
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


def _members(path: Path, where: str) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return the members that are documents, sorted by path; blocking."""
    with opened(path) as archive:
        members = _documents([one for one in archive.infolist() if not _is_clutter(one)])
    problems = []
    for name, member in members:
        if member.flag_bits & ENCRYPTED:
            problems.append(_problem(where, name, "is encrypted; upload it without a password"))
        elif member.compress_type not in METHODS:
            problems.append(_problem(where, name, "uses an unsupported compression method; use deflate"))
    if sum(member.compress_size for _, member in members) > path.stat().st_size:
        problems.append({"where": where, "detail": "members of the archive overlap, as in a ZIP bomb"})
    if not members:
        problems.append({"where": where, "detail": "the archive has no documents"})
    _refuse(problems)
    return members


async def _extract(
    intake: Intake, path: Path, members: Sequence[tuple[str, zipfile.ZipInfo]], where: str
) -> list[StoredFile]:
    problems: list[Problem] = []
    with opened(path) as archive:
        for name, member in members:
            intake.begin(display_name(name, f"document-{intake.count + 1}"))
            try:
                with archive.open(member) as stream:
                    while piece := await in_thread(stream.read, PIECE_BYTES):
                        await intake.write(piece)
            except BROKEN as error:
                problems.append(_problem(where, name, f"is damaged ({error})"))
            await intake.end()
    stored = (await intake.finish())[-len(members) :]
    for (name, _), file in zip(members, stored, strict=True):
        if await in_thread(is_archive, intake.path(file)):
            problems.append(_problem(where, name, "is an archive itself; upload its contents instead"))
    _refuse(problems)
    return stored


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise body_error(problems)


def _problem(where: str, name: str, detail: str) -> Problem:
    return {"where": f"{where}: {display_name(name, '(no name)')}", "detail": detail}


def _is_clutter(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is no document: a folder, or a file that operating systems add."""
    parts = member_path(member).split("/")
    return member.is_dir() or "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1].lower() == "thumbs.db"


def _bundle(path: str) -> str | None:
    """Return the path of the document that is kept as a folder with this member in it, if there is one."""
    found = _BUNDLE.match(path)
    return found.group(1) if found else None


def _documents(members: list[zipfile.ZipInfo]) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return the path of each document with its member; of a document that is a folder, with its first main member."""
    found: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        path = member_path(member)
        bundle = _bundle(path)
        if bundle is None:
            found[f"{path}\0{member.header_offset}"] = member
        elif bundle not in found or _MAIN.search(path):
            found[bundle] = member
    return sorted(((path.partition("\0")[0], member) for path, member in found.items()), key=lambda one: one[0])
