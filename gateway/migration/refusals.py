"""Rows that were refused, with their reasons, in a file that can be corrected and loaded again.

One JSON object a line: `{"type", "key", "place", "refused": {…}, "resource": {…}}`, the resource as the source has it. So the file
holds what the source holds, passwords included, and only its owner may read it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from gateway.errors import ScimError
from gateway.migration.row import Row, Unreadable


class Refusals:
    """The file; it is made with the first refusal. `more`: what is there already stays. `path` None: nowhere."""

    def __init__(self, path: Path | None, *, more: bool = False) -> None:
        self.path = path
        self.count = 0
        self._file: BinaryIO | None = None
        if path is not None and not more:
            path.unlink(missing_ok=True)

    def row(self, row: Row, error: ScimError) -> None:
        """A row that was refused, or whose references lead nowhere."""
        why = {
            "status": error.status,
            "scimType": error.scim_type,
            "code": error.code.code,
            "detail": error.detail,
            "cure": error.code.cure,
        }
        self._write(
            {"type": row.type, "key": row.key, "place": row.place, "refused": why, "resource": dict(row.resource)}
        )

    def unreadable(self, found: Unreadable) -> None:
        """A place of the source that is no resource."""
        self._write({"place": found.place, "refused": {"status": 400, "detail": found.why}, "text": found.text})

    def _write(self, line: dict[str, Any]) -> None:
        self.count += 1
        if self.path is None:
            return
        if self._file is None:
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
        self._file.write(orjson.dumps(line) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
