"""From what an operator calls a source to the source: by its address, or a file by its name."""

from __future__ import annotations

from collections.abc import Mapping as Map
from pathlib import Path
from typing import Literal, get_args

from gateway.mapping.model import Mappings
from gateway.migration.lines import JsonLines, kinds_of
from gateway.migration.live.opening import is_live, live
from gateway.migration.source import Source, SourceError
from gateway.settings.migration import MigrationSettings

Form = Literal["jsonl"]
FORMS: tuple[Form, ...] = get_args(Form)
_ENDINGS: Map[str, Form] = {".jsonl": "jsonl", ".ndjson": "jsonl"}


def open_source(said: str, mappings: Mappings, settings: MigrationSettings, form: Form | None = None) -> Source:
    """The source that `said` names. Raises SourceError, ConfigError."""
    if is_live(said):
        return live(said, settings, mappings.types().values())
    path = Path(said)
    if not path.exists():
        raise SourceError(f"There is no {said}.")
    found = form or _ENDINGS.get(path.suffix.lower())
    if found is None:
        raise SourceError(f"{path.name}: what it is cannot be told from its name. Say --format {', '.join(FORMS)}.")
    return JsonLines(path, kinds_of(mappings.types().values()))
