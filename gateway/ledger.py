"""A file of JSON lines that is only ever appended to: the audit log, and the journal of writes under way.

Each line is one `write` to a file opened for appending, so that lines of several processes do not mix. A file that was moved away
(rotated) or deleted is opened anew; what cannot be written raises, and is never lost in silence.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

_MODE = 0o600


class Ledger:
    """One such file. `sync`: a line is on the disk when `append` returns. `locked`: nobody else may hold the file's lock meanwhile."""

    def __init__(self, path: Path, *, sync: bool = False, locked: bool = False) -> None:
        self.path = path
        self._sync = sync
        self._locked = locked
        self._file: int | None = None
        self._torn = False

    def append(self, line: Mapping[str, Any]) -> None:
        """One more line. Raises OSError: no such directory, no right, disk full."""
        file = self._current()
        data = (b"\n" if self._torn else b"") + orjson.dumps(line) + b"\n"
        self._torn = True  # until all of it is there
        if os.write(file, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._torn = False
        if self._sync:
            os.fsync(file)

    def sync(self) -> None:
        """Wait until all lines are on the disk. Raises OSError."""
        os.fsync(self._current())

    @property
    def size(self) -> int:
        """Bytes so far."""
        return os.fstat(self._current()).st_size

    def empty(self) -> None:
        """Forget all lines; only for a file that nobody else writes to."""
        os.ftruncate(self._current(), 0)

    def close(self, *, drop: bool = False) -> None:
        """Write no more. `drop`: the file is of no more use."""
        if self._file is None:
            return
        if drop:
            self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = None

    def _current(self) -> int:
        """The open file that the path names now."""
        if self._file is not None and self._moved(self._file):
            os.close(self._file)
            self._file = None
        if self._file is None:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._file = os.open(self.path, flags, _MODE)
            if self._locked:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return self._file

    def _moved(self, file: int) -> bool:
        try:
            there = self.path.stat()
        except OSError:
            return True
        mine = os.fstat(file)
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a ledger; one that was torn, by a full disk or a loss of power, is passed over. Raises OSError."""
    for raw in path.read_bytes().splitlines():
        try:
            line = orjson.loads(raw)
        except orjson.JSONDecodeError:
            continue
        if isinstance(line, dict):
            yield line
