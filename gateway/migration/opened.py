"""From what an operator calls a source to the source: by its address, or a file, folder or ZIP by its name."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from gateway.mapping.model import Mappings
from gateway.migration.file import File
from gateway.migration.ldif import Ldif, kinds_of_ldap
from gateway.migration.lines import JsonLines, kinds_of
from gateway.migration.live.opening import is_live, live
from gateway.migration.several import Several
from gateway.migration.sheet import BY_NAME, Sheet
from gateway.migration.source import Source, SourceError
from gateway.settings.migration import MigrationSettings

Form = Literal["jsonl", "csv", "ldif", "idcs"]
FORMS: tuple[Form, ...] = get_args(Form)
_ENDINGS: Map[str, Form] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".ldif": "ldif", ".zip": "idcs"}


@dataclass(frozen=True, slots=True)
class How:
    """How files are read: what they are, where their names do not say it; the type of a CSV file's lines; a table for LDIF."""

    form: Form | None = None
    type: str | None = None
    attributes: Path | None = None


def open_source(
    said: str,
    mappings: Mappings,
    settings: MigrationSettings,
    how: How | None = None,
) -> Source:
    """The source that `said` names. Raises SourceError, ConfigError."""
    if is_live(said):
        return live(said, settings, mappings.types().values())
    path, chosen = Path(said), how or How()
    if not path.exists():
        raise SourceError(f"There is no {said}.")
    if path.is_dir() or (chosen.form or _ENDINGS.get(path.suffix.lower())) == "idcs":
        sources = [_of_file(each, mappings, chosen, form) for each, form in _files(path)]
        if not sources:
            raise SourceError(f"{path.name} holds none of {', '.join(_ENDINGS)}.")
        return Several(path.name, sources, BY_NAME)
    form = chosen.form or _ENDINGS.get(path.suffix.lower())
    if form is None:
        raise SourceError(f"{path.name}: what it is cannot be told from its name. Say --format {', '.join(FORMS)}.")
    return _of_file(File(path), mappings, chosen, form)


def _of_file(file: File, mappings: Mappings, how: How, form: Form) -> Source:
    if form == "csv":
        return Sheet(file, how.type)
    if form == "ldif":
        return Ldif(file, kinds_of_ldap(how.attributes))
    return JsonLines(file.path, kinds_of(mappings.types().values()))


def _files(path: Path) -> Iterator[tuple[File, Form]]:
    """What a folder or a ZIP holds that can be read, by name. What loads leave beside their sources is none of it."""
    if path.is_dir():
        found = [File(each) for each in sorted(path.iterdir()) if each.is_file() and ".refused" not in each.name]
    else:
        try:
            with zipfile.ZipFile(path) as whole:
                found = [File(path, name) for name in sorted(whole.namelist())]
        except (OSError, zipfile.BadZipFile):
            raise SourceError(f"{path.name} is no ZIP that can be read.") from None
    for file in found:
        form = _ENDINGS.get(file.ending)
        if form in ("csv", "ldif") or (form == "jsonl" and file.inside is None):
            yield file, form
