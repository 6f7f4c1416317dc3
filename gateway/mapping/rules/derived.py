"""M402: what follows from something else is not said again, so that it can never be said wrongly (mapping-format, section 3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.mapping.compile.writing import Writing, writing_of
from gateway.mapping.finding import Finding, Fix
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.rules.walk import Line, found, lines
from gateway.scim.tree import Attr

_SERVER = frozenset(
    {Attr("schemas"), Attr("ocid"), *(Attr("meta", sub) for sub in ("resourceType", "location", "version"))}
)
_FIX = Fix("remove")


def said_twice(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M402: keys and attributes that are derived anyway."""
    mapping = unit.mapping
    if mapping is None:
        return
    writing = writing_of(mapping)
    for line in lines(unit):
        if line.attr in _SERVER or (line.attr == Attr("id") and mapping.action is None):
            text = f'"{line.path[-1]}" is derived'
            yield Finding(unit.document.place(*line.path), "M402", "error", text, "leave the line out", _FIX)
            continue
        if line.spec.mutability == "immutable" and "create" in mapping.operations and line.spec.from_ is not None:
            continue  # a client may say it when it creates, and then it must be so
        for key, why in _derived(line, writing, action=mapping.action is not None):
            yield found(unit, "M402", (*line.path, key), f"`{key}` is derived {why}", "leave it out", fix=_FIX)


def _derived(line: Line, writing: Writing, *, action: bool) -> Iterator[tuple[str, str]]:
    spec, leaf = line.spec, line.leaf
    many = spec.slots is not None or spec.each is not None
    if spec.multi_valued is not None and many:
        yield "multiValued", "from `slots` and `each`"
    if spec.type is not None and many:
        yield "type", "from `slots` and `each`"
    if spec.returned == "never" and spec.mutability == "writeOnly":
        yield "returned", "from `mutability: writeOnly`"
    if leaf is None:
        return
    if spec.mutability is not None and spec.from_ is not None:
        yield "mutability", "from `from`"
    elif spec.mutability is not None and line.attr.name == "meta" and line.attr.urn is None:
        yield "mutability", "for meta"
    elif spec.mutability == "readOnly" and leaf.lens.read_only:
        yield "mutability", f"from the lens {leaf.lens.name}"
    elif (
        spec.mutability == "readOnly"
        and leaf.idm
        and not action
        and not any(writing.verbs(field) for field in leaf.idm.values())
    ):
        yield "mutability", "where no call can write the field"
    if spec.type is not None and spec.type == leaf.lens.shows and spec.as_ is not None:
        yield "type", f"from the lens {leaf.lens.name}"
    if spec.multi_valued is not None and leaf.lens.shows_many:
        yield "multiValued", f"from the lens {leaf.lens.name}"
    if line.attr.sub == "$ref":
        yield from (
            (key, "for $ref")
            for key, said in (("type", spec.type == "reference"), ("caseExact", spec.case_exact))
            if said
        )
