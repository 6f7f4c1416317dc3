"""Variants of a mapping: named changes that stand in the file itself, and that an installation chooses by their names.

A variant is laid over its file as a site's file is over a shipped one (`merge.py`). Where several files have a variant of one name, it is
one choice: whoever hides archived people hides them at every address.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors import ConfigError
from gateway.mapping.document import Document
from gateway.mapping.finding import did_you_mean
from gateway.mapping.merge import merged

KEY = "variants"


def names_in(document: Document) -> tuple[str, ...]:
    """The variants that a file has."""
    said = document.data.get(KEY) if isinstance(document.data, dict) else None
    return tuple(str(name) for name in said) if isinstance(said, dict) else ()


def varied(document: Document, chosen: Iterable[str]) -> Document:
    """The document with the chosen ones of its variants laid over it, in the order they are chosen."""
    for name in chosen:
        if name in names_in(document):
            document = merged(document, _alone(document, name))
    return document


def check_names(documents: Iterable[Document], chosen: Iterable[str]) -> None:
    """Raises ConfigError GW001 for a chosen name that no file has."""
    known = {name for document in documents for name in names_in(document)}
    for name in chosen:
        if name not in known:
            cure = did_you_mean(name, known, f"known are {', '.join(sorted(known)) or 'none'}")
            raise ConfigError(f'variants: no mapping has a variant "{name}", {cure}')


def _alone(document: Document, name: str) -> Document:
    """One variant as a document of its own, with the places it has in the file."""
    below = (KEY, name)
    keys = {path[2:]: place for path, place in document.keys.items() if path[:2] == below and len(path) > 2}
    values = {path[2:]: place for path, place in document.values.items() if path[:2] == below}
    data = document.data[KEY][name]
    return Document(document.file, data if isinstance(data, dict) else {}, keys, values, remarks=document.remarks)
