"""The folders of the artifact store and who may write them in the container form.

API, scheduler and workers share a group, which may read everything. Documents, reviews and search indexes belong to the
API's user, so a worker cannot change them. The folders of results belong to the workers' user; the group may write
there too, because API and scheduler delete results. The embedded form runs as one user and has no such border.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from decalogo.setup.secrets import APP_ID
from decalogo.storage.artifacts import OCR_CACHE, WORK_KINDS

WORKER_ID: Final = 10005
_API_FOLDERS: Final = ("documents", "reviews", "search", "images", "incoming")
_WORK_FOLDERS: Final = (*WORK_KINDS, OCR_CACHE, "incoming-work")
_API_MODE, _WORK_MODE = 0o750, 0o770


def lay_out(store: Path) -> bool:
    """Make the folders of the artifact store with their owners and modes; return whether anything changed.

    An older store is changed as a whole. That needs root with the capability CHOWN only: root becomes the owner of a
    folder, sets its mode, and gives it away. To look into the store, it is a member of the services' group.
    """
    store.mkdir(parents=True, exist_ok=True)
    wanted = dict.fromkeys(_API_FOLDERS, (APP_ID, _API_MODE)) | dict.fromkeys(_WORK_FOLDERS, (WORKER_ID, _WORK_MODE))
    if _is(store, APP_ID, _API_MODE) and all(_is(store / n, *o) for n, o in wanted.items()):
        return False
    os.chown(store, 0, APP_ID)
    for name, (owner, mode) in wanted.items():
        folder = store / name
        folder.mkdir(exist_ok=True)
        if not _is(folder, owner, mode):
            _give(folder, owner, mode)
    store.chmod(_API_MODE)
    os.chown(store, APP_ID, APP_ID)
    return True


def own_folder(path: Path, owner: int = APP_ID) -> bool:
    """Give a volume's top folder to a user; return whether that was needed."""
    path.mkdir(parents=True, exist_ok=True)
    if path.stat().st_uid == owner:
        return False
    path.chmod(_API_MODE)
    os.chown(path, owner, owner)
    return True


def _give(folder: Path, owner: int, mode: int) -> None:
    """Give a folder and all in it to a user. Symbolic links are not followed."""
    os.chown(folder, 0, APP_ID, follow_symlinks=False)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            _give(path, owner, mode)
        else:
            os.chown(path, owner, APP_ID, follow_symlinks=False)
    folder.chmod(mode)
    os.chown(folder, owner, APP_ID)


def _is(folder: Path, owner: int, mode: int) -> bool:
    try:
        known = folder.stat()
    except OSError:
        return False
    return (known.st_uid, known.st_gid, known.st_mode & 0o777) == (owner, APP_ID, mode)
