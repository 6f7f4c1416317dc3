"""The version of a resource as straight lines: the digests of `version.py` over what a written view has read anyway."""

from __future__ import annotations

from typing import Any

import msgspec
from xxhash import xxh3_64_hexdigest

from gateway.mapping.apart import beside
from gateway.mapping.decoded import attribute
from gateway.mapping.digest import DIGEST, NOTHING, digest, encode, plain, told
from gateway.mapping.frame import Frame
from gateway.mapping.kept import kept
from gateway.mapping.model import Mapping
from gateway.mapping.row_frame import RowFrame
from gateway.mapping.source import Source
from gateway.mapping.version import Part, Take, content, own_map, parts
from gateway.scim.conditional import BETWEEN

KNOWN: dict[str, Any] = {
    "NOTHING": NOTHING,
    "content": content,
    "digest": digest,
    "encode": encode,
    "hexdigest": xxh3_64_hexdigest,
    "own_map": own_map,
    "plain": plain,
    "told": told,
}
"""What the lines call."""


def version_text(source: Source, frame: Frame, mapping: Mapping, versions: frozenset[str]) -> str:
    """The expression that is the version; an empty one where it has no parts."""
    texts: list[str] = []
    lists = _lists(mapping)
    for number, part in enumerate(parts(mapping).values()):
        if part.key not in versions:
            continue
        version = f" + plain({frame.value(part.record, ('version',))})" if number == 0 else ""
        whole = f"content({source.value('PART', part)}, {frame.value(part.record)}, now)"
        data = whole if part.record in lists else _told(source, frame, part, whole)
        texts.append(f"{part.key!r}{version} + digest({data})")
    return f" + {BETWEEN!r} + ".join(texts)


def _told(source: Source, frame: Frame, part: Part, whole: str) -> str:
    """A record's values under their names; a record that should be one and is a list after all goes the long way."""
    values = "".join(f"{_through(source, frame, part.record, take)}, " for take in part.takes)
    names = source.value("NAMES", part.names)
    return f"told({names}, ({values})) if not isinstance({frame.value(part.record)}, list) else {whole}"


def row_version(source: Source, frame: RowFrame, mapping: Mapping, versions: frozenset[str]) -> str:
    """The version of a row that is decoded (`decoded.py`) as an expression."""
    texts: list[str] = []
    lists = _lists(mapping)
    for number, part in enumerate(parts(mapping).values()):
        if part.key not in versions:
            continue
        if number == 0:
            version = frame.value(part.record, ("version",))
            texts.append(
                f"(f'{part.key}{{{version}}}.' if type({version}) is int else {part.key!r} + plain({version}))"
            )
        else:
            texts.append(repr(part.key))
        if part.record in lists:
            data = f"content({source.value('PART', part)}, {frame.value(part.record)}, now)"
        else:
            data = f"encode({_struct(source, frame, part)})"
        texts[-1] += f" + hexdigest({data})[:{DIGEST}]"
    return f" + {BETWEEN!r} + ".join(texts)


def _struct(source: Source, frame: RowFrame, part: Part) -> str:
    """A struct of what counts: one that was decoded, where it has these places and no others."""
    values = [_there(source, frame, part.record, take) for take in part.takes]
    plain = all(take.own is None and take.lens is None for take in part.takes)
    return (
        plain and frame.decoded(part.record, part.names)
    ) or f"{source.value('TOLD', _type(part))}({', '.join(values)})"


@kept
def _type(part: Part) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = [(attribute(name), Any, None) for name in part.names]
    rename = {attribute(name): name for name in part.names}
    return msgspec.defstruct("Told", fields, rename=rename, omit_defaults=True, gc=False)


def _there(source: Source, frame: RowFrame, record: str, take: Take) -> str:
    """What counts of one place, None where nothing is there: of a scalar it is None anyway."""
    value = _through(source, frame, record, take)
    if take.own is None and take.lens is None and frame.is_scalar(record, take.keys):
        return value
    name = source.name("counts")
    return f"{name} if ({name} := {value}) not in NOTHING else None"


def _lists(mapping: Mapping) -> set[str]:
    """The records of which there is one for each element of a list."""
    return {name for group in mapping.lists for name in (group.source, *beside(mapping, group))}


def _through(source: Source, frame: Frame, record: str, take: Take) -> str:
    if take.own is None and take.lens is None:
        return frame.value(record, take.keys)
    value = frame.value(record, take.keys) if take.keys else frame.table(record)
    if take.own is not None:
        return f"own_map({value}, {source.value('OWN', take.own)})"
    assert take.lens is not None
    return f"{source.value(take.lens.name, take.lens.get)}({value}, now)"
