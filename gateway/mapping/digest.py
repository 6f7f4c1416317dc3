"""Values in one spelling, whoever has read them, and the digests of them that versions are made of (`version.py`). Pure.

What is not there is not told, in whichever of nevisIDM's ways that is said: so a record that is decoded (`decoded.py`) is told by encoding
a struct of its places, and one that is read as JSON by encoding what it has of them. Both are the same bytes, a law holds that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from xxhash import xxh3_64_hexdigest

Json = Any
NOTHING: tuple[Json, ...] = (None, "", [], {})
"""How nevisIDM spells that a value is not there."""
DIGEST = 10
"""Letters of a digest."""
encode = msgspec.json.Encoder(order="deterministic").encode
"""JSON of a struct as its fields stand, of objects in the order of their names."""


def told(names: Iterable[str], values: Iterable[Json]) -> bytes:
    """Values under their names, which come sorted."""
    pairs = zip(names, values, strict=True)
    return encode({name: value for name, value in pairs if value is not None and (value or value not in NOTHING)})


def digest(data: bytes) -> str:
    """Ten letters: 40 bits in base 16. It tells apart what differs by chance; against forgery no tag has to hold."""
    return xxh3_64_hexdigest(data)[:DIGEST]


def plain(version: Json) -> str:
    """nevisIDM's number in front of a digest; anything else that it might be one day, as a digest; nothing where there is none."""
    if version in (None, ""):
        return ""
    return f"{version if isinstance(version, int) else digest(str(version).encode())}."
