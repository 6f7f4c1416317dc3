"""The version of a resource as straight lines: the digests of `version.py` over what a written view has read anyway."""

from __future__ import annotations

from typing import Any

from gateway.mapping.apart import beside
from gateway.mapping.decoded import RowFrame
from gateway.mapping.frame import Frame
from gateway.mapping.model import Mapping
from gateway.mapping.source import Source
from gateway.mapping.version import NOTHING, Part, Take, content, digest, own_map, parts, plain, sum_of, told
from gateway.scim.conditional import BETWEEN

KNOWN: dict[str, Any] = {
    "NOTHING": NOTHING,
    "content": content,
    "digest": digest,
    "own_map": own_map,
    "plain": plain,
    "sum_of": sum_of,
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
    """A record's values as one list; a record that should be one and is a list after all goes the long way."""
    return f"told({_values(source, frame, part)}) if not isinstance({frame.value(part.record)}, list) else {whole}"


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
            texts[-1] += f" + digest(content({source.value('PART', part)}, {frame.value(part.record)}, now))"
        else:
            scalars = all(take.lens is not None or frame.is_scalar(part.record, take.keys) for take in part.takes)
            tell = "sum_of({})" if scalars else "digest(told({}))"
            texts[-1] += f" + {tell.format(_values(source, frame, part))}"
    return f" + {BETWEEN!r} + ".join(texts)


def _lists(mapping: Mapping) -> set[str]:
    """The records of which there is one for each element of a list."""
    return {name for group in mapping.lists for name in (group.source, *beside(mapping, group))}


def _values(source: Source, frame: Frame, part: Part) -> str:
    return "(0, " + "".join(f"{_through(source, frame, part.record, take)}, " for take in part.takes) + "0)"


def _through(source: Source, frame: Frame, record: str, take: Take) -> str:
    if take.own is None and take.lens is None:
        return frame.value(record, take.keys)
    value = frame.value(record, take.keys) if take.keys else frame.table(record)
    if take.own is not None:
        return f"own_map({value}, {source.value('OWN', take.own)})"
    assert take.lens is not None
    return f"{source.value(take.lens.name, take.lens.get)}({value}, now)"
