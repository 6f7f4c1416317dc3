"""Mapping files as texts: to be read beside what they do, and, in a sandbox, to be changed and tried without touching what is served.

An edited text goes before the file on the disk: the folder is read and linted with it, and compiled into mappings of its own. The served
ones never see it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.assembly import mappings_folder
from gateway.errors import ConfigError
from gateway.mapping.finding import Finding, in_order
from gateway.mapping.folder import read_folder
from gateway.mapping.inherit import find_mappings
from gateway.mapping.kept import forget
from gateway.mapping.lint import findings_of
from gateway.mapping.model import Mappings
from gateway.mapping.named import with_names
from gateway.settings import Settings

LONGEST = 400_000
"""Bytes of all edited files; the largest shipped one has a tenth."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A mapping file, by its name within the folder, and the text it is to have."""

    file: str
    text: str


Edits = tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Edited:
    """What came of edits: all findings about their files, and errors that others have by them; the mappings, if there is no error."""

    edits: Edits
    findings: tuple[Finding, ...]
    mappings: Mappings | None


class Texts:
    """The mapping files that are served, and the last edit that was tried."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last: Edited | None = None
        self._one = asyncio.Lock()

    @property
    def folder(self) -> Path:
        """The folder that is served."""
        return mappings_folder(self._settings.mappings)

    def files(self) -> dict[str, Path]:
        """Every mapping file by the name that places have (`mappings/User.yaml`): the folder's own, then the shipped ones."""
        found: dict[str, Path] = {}
        for folder in (self.folder, find_mappings()):
            for file in sorted(folder.glob("*.yaml")):
                if not file.name.endswith(".tests.yaml"):
                    found.setdefault(f"{folder.name}/{file.name}", file)
        return found

    def is_editable(self, name: str) -> bool:
        """Whether it is a type's own file; what others extend is shared."""
        file = self.files().get(name)
        return file is not None and file.parent == self.folder and not file.name.startswith("_")

    async def tried(self, edits: Edits) -> Edited:
        """The edits, read and linted; one try at a time, in a thread, the last one remembered. Raises ConfigError for no such file."""
        if strange := next((each.file for each in edits if not self.is_editable(each.file)), None):
            raise ConfigError(f"{strange}: there is no such mapping here to be edited", code="GW002")
        async with self._one:
            if self._last is None or self._last.edits != edits:
                self._last = await asyncio.to_thread(self._try, edits)
                forget()  # or every text that was ever typed would be remembered in its compiled form
            return self._last

    def _try(self, edits: Edits) -> Edited:
        texts = {Path(each.file).name: each.text for each in edits}
        read = read_folder(self.folder, self._settings.variants, texts)
        found = in_order(findings_of(read))
        wrong = any(each.level == "error" for each in found)
        mappings = None if wrong else with_names(read.mappings(), self._settings.names)
        own = {each.file for each in edits}
        told = tuple(each for each in found if each.place.file in own or each.level == "error")
        return Edited(edits, told, mappings)


def finding_facts(each: Finding) -> dict[str, Any]:
    """A finding as JSON, as `lint --format json` has it."""
    return {
        "file": each.place.file,
        "line": each.place.line,
        "column": each.place.column,
        "code": each.code,
        "level": each.level,
        "text": each.text,
        "cure": each.cure,
    }
