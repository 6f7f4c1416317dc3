"""A file to be read several times: one on the disk, or one inside a ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gateway.migration.source import SourceError


@dataclass(frozen=True, slots=True)
class File:
    """`inside`: its name in the ZIP at `path`."""

    path: Path
    inside: str | None = None

    @property
    def name(self) -> str:
        """For people."""
        return self.path.name if self.inside is None else f"{self.path.name}/{self.inside}"

    @property
    def ending(self) -> str:
        """The last part of its name, in lower case, with its dot."""
        return Path(self.inside or self.path.name).suffix.lower()

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The bytes. Raises SourceError."""
        try:
            if self.inside is None:
                with self.path.open("rb") as plain:
                    yield plain
            else:
                with zipfile.ZipFile(self.path) as whole, whole.open(self.inside) as part:
                    yield part
        except (OSError, zipfile.BadZipFile) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise SourceError(f"{self.name} cannot be read: {why}.") from None

    @contextmanager
    def text(self) -> Iterator[IO[str]]:
        """The text, in UTF-8, with or without a byte order mark."""
        with self.opened() as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8-sig", errors="strict", newline="")
