"""A site's mapping laid over a shipped one: maps merge, lists and scalars replace, `null` removes.

Every line keeps the place it came from.
"""

from __future__ import annotations

from typing import Any

from gateway.mapping.document import Document, Path
from gateway.mapping.model import Place

Json = Any


def merged(base: Document, over: Document) -> Document:
    """The merged document. It counts as `over`: findings about nothing in particular are about the site's file."""
    keys: dict[Path, Place] = dict(base.keys)
    values: dict[Path, Place] = dict(base.values)

    def lay(below: Json, above: Json, path: Path) -> Json:
        if not (isinstance(below, dict) and isinstance(above, dict)):
            _replace(path)
            return above
        table = dict(below)
        for key, value in above.items():
            here = (*path, key)
            if value is None:
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
    return Document(over.file, data, keys, values, over.findings, {**base.remarks, **over.remarks})
