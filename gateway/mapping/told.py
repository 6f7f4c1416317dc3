"""The version of a resource as straight lines: the digests of `version.py` over what a written view has read anyway."""

from __future__ import annotations

from typing import Any

from gateway.mapping.apart import beside
from gateway.mapping.frame import Frame
from gateway.mapping.model import Mapping
from gateway.mapping.source import Source
from gateway.mapping.version import NOTHING, Part, Take, content, digest, own_map, parts, plain, told
from gateway.scim.conditional import BETWEEN

KNOWN: dict[str, Any] = {
    "NOTHING": NOTHING,
    "content": content,
    "digest": digest,
    "own_map": own_map,
    "plain": plain,
    "told": told,
}
"""What the lines call."""


def version_lines(source: Source, frame: Frame, mapping: Mapping, versions: frozenset[str]) -> tuple[list[str], str]:
    """The lines, and the expression that is the version; an empty one where it has no parts."""
    lines: list[str] = []
    texts: list[str] = []
    lists = {name for group in mapping.lists for name in (group.source, *beside(mapping, group))}
    for number, part in enumerate(parts(mapping).values()):
        if part.key not in versions:
            continue
        version = f" + plain({frame.value(part.record, ('version',))})" if number == 0 else ""
        whole = f"content({source.value('PART', part)}, {frame.value(part.record)}, now)"
        data = whole if part.record in lists else _told(source, frame, part, whole, lines)
        texts.append(f"{part.key!r}{version} + digest({data})")
    return lines, f" + {BETWEEN!r} + ".join(texts)


def _told(source: Source, frame: Frame, part: Part, whole: str, lines: list[str]) -> str:
    """A record's values as one list, made by these further lines; a record that should be one and is a list after all goes the long way."""
    values, record = source.name(part.record, "values"), frame.value(part.record)
    places = "".join(f"{frame.value(part.record, take.keys)}, " for take in part.takes)
    lines.append(
        f"{values} = [each or (each if each is not None and each not in NOTHING else None) for each in ({places})]"
    )
    for index, take in enumerate(part.takes):
        if take.own is not None or take.lens is not None:
            lines.append(f"{values}[{index}] = {_through(source, frame, part.record, take)}")
    return f"told({values}) if not isinstance({record}, list) else {whole}"


def _through(source: Source, frame: Frame, record: str, take: Take) -> str:
    value = frame.value(record, take.keys) if take.keys else frame.table(record)
    if take.own is not None:
        return f"own_map({value}, {source.value('OWN', take.own)})"
    assert take.lens is not None
    return f"{source.value(take.lens.name, take.lens.get)}({value}, now)"
