"""Actions: ways of steps, outcomes, and what other mappings must tell for them (the found type's filter and lists)."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence

from gateway.errors import ScimError
from gateway.mapping.action import Action, Check, Do, Find, Means, Outcome
from gateway.mapping.alias import expand, read_attr
from gateway.mapping.compile.notes import Notes, Part
from gateway.mapping.document import shown
from gateway.mapping.file import MappingFile
from gateway.mapping.file_action import CheckSpec, DoSpec, FindSpec
from gateway.mapping.finding import did_you_mean
from gateway.mapping.keys import Scalar
from gateway.mapping.model import Mapping
from gateway.nevisidm.template import Template
from gateway.scim.binding import bind_filter
from gateway.scim.filter import parse_filter
from gateway.scim.schema import Attribute
from gateway.scim.tree import Filter

Known = Map[str, Mapping]
_SpecStep = FindSpec | DoSpec | CheckSpec


def action_of(spec: MappingFile, known: Known, notes: Notes) -> Action | None:
    """The action, None if the file has no steps."""
    if spec.steps is None:
        return None
    ways = {
        way: tuple(_step(each, known, notes, *path, index) for index, each in enumerate(steps))
        for way, steps, path in _ways(spec)
    }
    outcomes = {
        name: Outcome(name, each.detail, each.message_id, each.data == "none")
        for name, each in (spec.outcomes or {}).items()
    }
    failure = spec.failure
    data = {name: _datum(value, notes, name) for name, value in ((failure.data if failure else None) or {}).items()}
    return Action(
        ways,
        outcomes,
        failure.status if failure else 400,
        {name: value for name, value in data.items() if value is not None},
        failure.uniform if failure else None,
        tuple(spec.limits.key or ()) if spec.limits else (),
        spec.limits.rate if spec.limits else None,
    )


def copied_lists(spec: MappingFile, known: Known) -> dict[str, Map[str, Attribute]]:
    """What the elements of each list of a found resource have, by the list's path (`subject.idcs:appRoles`)."""
    copied: dict[str, Map[str, Attribute]] = {}
    for _, steps, _ in _ways(spec):
        for step in steps:
            target = known.get(step.find) if isinstance(step, FindSpec) else None
            for attribute in spec.attributes.values():
                each = attribute.each if isinstance(attribute.each, str) else ""
                name, dot, rest = each.partition(".")
                if target is None or not isinstance(step, FindSpec) or (name, dot) != (step.as_, "."):
                    continue
                attr = read_attr(rest, target.aliases)
                found = target.type.attribute(attr) if attr is not None else None
                if found is not None:
                    copied[each] = dict(found.subs)
    return copied


def _ways(spec: MappingFile) -> list[tuple[str, Sequence[_SpecStep], tuple[Part, ...]]]:
    """(name, steps, path in the file) of each way; steps without names are one way called ""."""
    if isinstance(spec.steps, dict):
        return [(way, steps, ("steps", way)) for way, steps in spec.steps.items()]
    return [("", spec.steps, ("steps",))] if spec.steps is not None else []


def _step(spec: _SpecStep, known: Known, notes: Notes, *path: Part) -> Find | Do | Check:
    place = notes.place(*path)
    if isinstance(spec, CheckSpec):
        return Check(spec.check, _means(spec.means), place)
    if isinstance(spec, FindSpec):
        return _find(spec, known, notes, *path)
    call = notes.call(spec.as_, spec.do, *path, "do") or notes.call(spec.as_, "GET /", *path)
    assert call is not None
    send = {key: notes.template(text, *path, "send", key) for key, text in (spec.send or {}).items()}
    return Do(
        call,
        spec.as_,
        {key: template for key, template in send.items() if template is not None},
        notes.pick(spec.pick, *path, "pick"),
        spec.none,
        spec.many,
        _means(spec.means or {}),
        place,
        {
            name: tuple(map(shown, value if isinstance(value, list) else [value]))
            for name, value in (spec.when or {}).items()
        },
        spec.each,
    )


def _find(spec: FindSpec, known: Known, notes: Notes, *path: Part) -> Find:
    blank = Template("", ())
    target = known.get(spec.find)
    if target is None:
        cure = did_you_mean(spec.find, known, "there must be a mapping of that type in this folder")
        notes.error("M501", (*path, "find"), f'no mapping is called "{spec.find}"', cure)
    return Find(
        spec.find,
        notes.template(spec.by.attribute, *path, "by", "attribute") or blank,
        dict(spec.by.among),
        notes.template(spec.by.value, *path, "by", "value") or blank,
        _where(spec.where, target, notes, *path, "where") if spec.where is not None and target is not None else None,
        spec.as_,
        spec.none,
        spec.many,
        notes.place(*path),
    )


def _where(text: str, target: Mapping, notes: Notes, *path: Part) -> Filter | None:
    """The filter, bound to the type that is searched."""
    try:
        return bind_filter(parse_filter(expand(text, target.aliases)), target.type)
    except ScimError as error:
        notes.error("M103", path, f"the filter does not suit {target.name}: {error.detail.rstrip('.')}")
        return None


def _means(said: Map[str, Map[Scalar, str]]) -> Means:
    return {field: {shown(value): outcome for value, outcome in table.items()} for field, table in said.items()}


def _datum(value: bool | str, notes: Notes, name: str) -> Template | bool | None:
    return value if isinstance(value, bool) else notes.template(value, "failure", "data", name)
