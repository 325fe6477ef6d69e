"""Names of ZIP members as their sender saw them.

The format has one flag for UTF-8; without it, a name is in whatever charset the writing system has. Windows writes the
code page of its console (850 in Western Europe and Latin America), which ``zipfile`` reads as code page 437. Other
programs write UTF-8 or Windows-1252 without saying so.
"""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib

_UTF8_NAME = 0x800
_UNICODE_PATH = 0x7075
_CODE_PAGES = ("cp850", "cp1252")
_LETTERS = frozenset("áéíóúüñàèìòùâêîôûäëïöãõçåæøÁÉÍÓÚÜÑÀÈÌÒÙÂÊÎÔÛÄËÏÖÃÕÇÅÆØªº¿¡")


def member_path(member: zipfile.ZipInfo) -> str:
    """Return a member's path, in NFC and with slashes."""
    return unicodedata.normalize("NFC", _name(member).replace("\\", "/"))


def _name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    try:
        raw = member.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    if raw.isascii():
        return member.filename
    if (stated := _unicode_path(member.extra, raw)) is not None:
        return stated
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        names = [raw.decode(codec, errors="replace") for codec in _CODE_PAGES]
        return max(names, key=lambda name: sum(char in _LETTERS for char in name))  # of equals the first


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Return the name in the Info-ZIP Unicode Path extra field, if there is one for this name."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        if kind == _UNICODE_PATH and len(field) > 5 and struct.unpack_from("<I", field, 1)[0] == zlib.crc32(raw):
            return field[5:].decode("utf-8", errors="replace")
        at += 4 + size
    return None
