"""One mapping laid over another (`extends`): maps merge, lists and scalars replace, `null` removes.

Error rows are a list only because their order counts: a row takes the place of the one with the same `when`, the others come before those
of the base. Every line keeps the place it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gateway.mapping.document import Document, Path, shown
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.record import Place

Json = Any
_ROWS: Path = ("errors",)


def merged(base: Document, over: Document) -> Document:
    """The merged document. It counts as `over`: findings about nothing in particular are about the site's file."""
    keys: dict[Path, Place] = dict(base.keys)
    values: dict[Path, Place] = dict(base.values)
    findings = [*base.findings, *over.findings]

    def lay(below: Json, above: Json, path: Path) -> Json:
        if path == _ROWS and isinstance(below, list) and isinstance(above, list):
            _replace(path)
            return [*above, *_left(below, above, _move)]
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

    def _move(old: int, new: int) -> None:
        """Let a row of the base stand at its new place in the list."""
        for table, source in ((keys, base.keys), (values, base.values)):
            told = {each: place for each, place in source.items() if each[:2] == (*_ROWS, old)}
            table.update(((*_ROWS, new, *each[2:]), place) for each, place in told.items())

    data = lay(base.data, over.data, ())
    values[()] = over.value_place()
    return Document(over.file, data, keys, values, tuple(findings), {**base.remarks, **over.remarks})


def _left(below: list[Json], above: list[Json], move: Callable[[int, int], None]) -> Iterator[Json]:
    """The rows of the base that nothing above replaces, each told where it goes."""
    circumstances = [row.get("when") for row in above if isinstance(row, dict)]
    count = len(above)
    for old, row in enumerate(below):
        if not (isinstance(row, dict) and row.get("when") in circumstances):
            move(old, count)
            count += 1
            yield row


def _removed(over: Document, table: dict[Json, Json], path: Path) -> Iterator[Finding]:
    """A warning where `null` removes what is not there: most likely it is spelled otherwise."""
    name = shown(path[-1])
    if path[-1] not in table:
        text = f"`{name}` is not in what this file extends, so nothing is removed"
        yield Finding(over.place(*path), "M103", "warning", text, did_you_mean(name, map(shown, table)))
