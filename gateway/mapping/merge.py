"""A site's mapping laid over a shipped one: maps merge, lists and scalars replace, `null` removes.

Every line keeps the place it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.mapping.document import Document, Path, shown
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.model import Place

Json = Any


def merged(base: Document, over: Document) -> Document:
    """The merged document. It counts as `over`: findings about nothing in particular are about the site's file."""
    keys: dict[Path, Place] = dict(base.keys)
    values: dict[Path, Place] = dict(base.values)
    findings = list(over.findings)

    def lay(below: Json, above: Json, path: Path) -> Json:
        if not (isinstance(below, dict) and isinstance(above, dict)):
            _replace(path)
            return above
        table = dict(below)
        for key, value in above.items():
            here = (*path, key)
            if value is None:
                findings.extend(_removed(over, table, here))
                table.pop(key, None)
                continue
            table[key] = lay(table.get(key), value, here)
            keys[here] = over.place(*here)
        return table

    def _replace(path: Path) -> None:
        """Forget the places below a replaced value and take those of the new one."""
        depth = len(path)
        for table, new in ((keys, over.keys), (values, over.values)):
            for old in [each for each in table if each[:depth] == path]:
                del table[old]
            table.update((each, place) for each, place in new.items() if each[:depth] == path)

    data = lay(base.data, over.data, ())
    values[()] = over.value_place()
    return Document(over.file, data, keys, values, tuple(findings), {**base.remarks, **over.remarks})


def _removed(over: Document, table: dict[Json, Json], path: Path) -> Iterator[Finding]:
    """A warning where `null` removes what is not there: most likely it is spelled otherwise."""
    name = shown(path[-1])
    if path[-1] not in table:
        text = f"`{name}` is not in the shipped mapping, so nothing is removed"
        yield Finding(over.place(*path), "M103", "warning", text, did_you_mean(name, map(shown, table)))
