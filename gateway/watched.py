"""Files that are read again when they change: certificates, keys, secrets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Stamps = tuple[tuple[int, int, int] | None, ...]


def stamps(files: Iterable[Path | None]) -> Stamps:
    """What tells one state of the files from the next: time, file and size, following links; None for one that is not there."""
    return tuple(_stamp(file) for file in files if file is not None)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        seen = file.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_ino, seen.st_size
