"""M303, M305: holes that nothing can fill, and names in actions that mean two things or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.mapping.action import Check, Do, Find
from gateway.mapping.document import Path
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves
from gateway.mapping.rules.paths import fields_of
from gateway.mapping.rules.walk import calls, found, lines, templates
from gateway.nevisidm import catalogue
from gateway.nevisidm.template import Template

_NOBODY = 'no request attribute and no earlier step is called "{}"'
_ALWAYS = frozenset({"client", "client.name"})


def fillable(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M303: every hole is known from the id, an attribute, `over`, `fill`, or a record that can be read before."""
    mapping = unit.mapping
    if mapping is None or mapping.action is not None:
        return
    for call, path in calls(mapping):
        own = str(path[1]) if path[0] == "records" and "read" in path else None
        yield from _unknown(unit, mapping, call.path, path, own)
    for template, path in templates(mapping):
        yield from _unknown(unit, mapping, template, path, None)
    for line in lines(unit):
        for way, origin in line.leaf.origin.items() if line.leaf else ():
            if isinstance(origin, Template):
                path = (*line.path, "from", way) if way else (*line.path, "from")
                yield from _unknown(unit, mapping, origin, path, None)


def _unknown(unit: Unit, mapping: Mapping, template: Template, path: Path, own: str | None) -> Iterator[Finding]:
    for hole in template.holes:
        if not _known(mapping, hole, path, own):
            yield found(unit, "M303", path, f"nothing fills the hole {{{hole}}}", _cure(mapping, hole))


def _cure(mapping: Mapping, hole: str) -> str:
    record, _, field = hole.partition(".")
    if record not in mapping.records:
        return did_you_mean(record, (*mapping.records, "client", "base", "uuid", "settings"), "name a record path")
    others = fields_of(mapping, record) - {field}
    return did_you_mean(field, others, f'map an attribute to {hole}, put it into the id, or read "{record}"')


def _known(mapping: Mapping, hole: str, path: Path, own: str | None) -> bool:
    if hole in _ALWAYS or hole.startswith("settings."):
        return True
    if hole == "base":
        return "from" in path
    if hole == "uuid":
        return "fill" in path
    record, _, field = hole.partition(".")
    if record not in mapping.records or not field:
        return False
    return _given(mapping, hole) or (record != own and _readable(mapping, record, field))


def _given(mapping: Mapping, hole: str) -> bool:
    """Whether it is known without reading its record: from the id, an attribute, `over`, a route's key, `fill`, or a create's Location."""
    if mapping.id is not None and hole in mapping.id.holes:
        return True
    if any(str(field) == hole for leaf in all_leaves(mapping) for field in leaf.idm.values()):
        return True
    overs = [record.over for record in mapping.records.values()]
    routes = mapping.search.routes if mapping.search else ()
    overs += [route.over for route in routes]
    if any(over is not None and over.hole == hole for over in overs) or any(hole in route.key for route in routes):
        return True
    record, _, field = hole.partition(".")
    filled = mapping.records[record].fill
    return tuple(field.split(".")) in filled or (field == "extId" and mapping.records[record].create is not None)


def _readable(mapping: Mapping, record: str, field: str) -> bool:
    known = fields_of(mapping, record)
    return mapping.records[record].readable and (
        not known or catalogue.has(known, Field("", tuple(field.split("."))).keys)
    )


def action_names(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M303 and M305 for actions: holes name a request attribute or an earlier step, and no step is called like a request attribute."""
    mapping = unit.mapping
    if mapping is None or mapping.action is None:
        return
    asked = {attr.name for attr, leaf in mapping.leaves.items() if not leaf.origin} | _addressed(mapping)
    for way, steps in mapping.action.ways.items():
        names: set[str] = set()
        for index, step in enumerate(steps):
            path: Path = ("steps", *((way,) if way else ()), index)
            yield from _step_holes(unit, step, asked | names, path)
            if not isinstance(step, Check):
                yield from _step_name(unit, step.name, asked, names, path)
                names.add(step.name)
    every = {step.name for steps in mapping.action.ways.values() for step in steps if not isinstance(step, Check)}
    yield from _answer_holes(unit, mapping, asked | every)


def _addressed(mapping: Mapping) -> set[str]:
    """What the address of an action names: by PUT it is done on an id."""
    return {"id"} if "replace" in mapping.type.verbs else set()


def _step_name(unit: Unit, name: str, asked: set[str], names: set[str], path: Path) -> Iterator[Finding]:
    if name in asked:
        yield found(
            unit,
            "M305",
            (*path, "as"),
            f'the step is called "{name}", like a request attribute',
            "give it a name of its own",
        )
    elif name in names:
        yield found(
            unit, "M305", (*path, "as"), f'an earlier step of this way is called "{name}"', "give it a name of its own"
        )


def _step_holes(unit: Unit, step: Find | Do | Check, known: set[str], path: Path) -> Iterator[Finding]:
    if isinstance(step, Check):
        yield from _unnamed(unit, step.subject, known, (*path, "check"))
    elif isinstance(step, Find):
        yield from _holes(unit, step.by_attribute, known, (*path, "by", "attribute"))
        yield from _holes(unit, step.value, known, (*path, "by", "value"))
    else:
        for name in step.when:
            yield from _unnamed(unit, name.partition(".")[0], known, (*path, "when", name), _NOBODY.format(name))
        if step.each is not None:
            yield from _unnamed(unit, step.each.partition(".")[0], known, (*path, "each"))
            known = known | {"item"}
        yield from _holes(unit, step.call.path, known, (*path, "do"))
        for key, template in step.send.items():
            yield from _holes(unit, template, known, (*path, "send", key))


def _answer_holes(unit: Unit, mapping: Mapping, known: set[str]) -> Iterator[Finding]:
    for line in lines(unit):
        inside = line.attr.sub is not None
        for way, origin in line.leaf.origin.items() if line.leaf else ():
            if isinstance(origin, Template):
                path = (*line.path, "from", way) if way else (*line.path, "from")
                yield from _holes(unit, origin, known | {"base"} | ({"item"} if inside else set()), path)
        if isinstance(line.spec.each, str):
            lists = {group.attr.name for group in mapping.each.values()}
            yield from _unnamed(unit, line.spec.each.partition(".")[0], known | lists, (*line.path, "each"))
    for template, path in templates(mapping):
        if path[0] == "failure":
            yield from _holes(unit, template, known, path)


def _holes(unit: Unit, template: Template, known: set[str], path: Path) -> Iterator[Finding]:
    for hole in template.holes:
        if hole not in _ALWAYS and not hole.startswith("settings."):
            yield from _unnamed(unit, hole.partition(".")[0], known, path, f"nothing fills the hole {{{hole}}}")


def _unnamed(unit: Unit, name: str, known: set[str], path: Path, text: str = "") -> Iterator[Finding]:
    if name not in known:
        cure = did_you_mean(name, known, "name a request attribute or an earlier step")
        yield found(unit, "M303", path, text or f'no earlier step is called "{name}"', cure)
