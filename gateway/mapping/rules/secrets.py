"""M7xx: secrets that get out, and actions that tell strangers too much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.mapping.document import Path
from gateway.mapping.finding import Finding
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.model import Mapping
from gateway.mapping.records import storage, verifier_fields
from gateway.mapping.rules.walk import Line, calls, found, lines, templates
from gateway.nevisidm.template import Template


def never_returned(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M701: a secret is never shown, unless all that is stored of it is a one-way value, or an action had it made and is asked for it."""
    mapping = unit.mapping
    if mapping is None:
        return
    for line in lines(unit):
        leaf = line.leaf
        if leaf is not None and leaf.schema.once:
            continue
        made = (
            leaf is not None and mapping.action is not None and bool(leaf.origin) and leaf.schema.returned == "request"
        )
        if made:
            continue
        if leaf is not None and leaf.schema.secret and leaf.schema.returned != "never" and not _one_way(mapping, line):
            yield found(
                unit,
                "M701",
                (*line.path, "secret"),
                f'"{line.path[-1]}" is secret, but returned',
                "add mutability: writeOnly",
            )


def _one_way(mapping: Mapping, line: Line) -> bool:
    fields = [storage(mapping, field) for field in line.leaf.idm.values()] if line.leaf is not None else []
    return bool(fields) and all(field in verifier_fields(mapping) for field in fields)


def told_once(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M705: what is `returned: once` stands in a record that this file creates, by itself, and is nothing a client writes."""
    mapping = unit.mapping
    for line in lines(unit) if mapping is not None else ():
        leaf = line.leaf
        if mapping is None or line.spec.returned != "once":
            continue
        path = (*line.path, "returned")
        if leaf is None or leaf.writable or leaf.first is None:
            text = f'"{line.path[-1]}" is returned once, but does not come from nevisIDM alone'
            yield found(unit, "M705", path, text, "map a field that only nevisIDM sets")
        elif len(line.path) > 2 or leaf.attr not in mapping.leaves:
            text = f'"{line.path[-1]}" is returned once, but is one of several values'
            yield found(unit, "M705", path, text, "make it an attribute of its own")
        elif not any(step.record == leaf.first.record for step in mapping.operations.get("create", ())):
            text = f'"{line.path[-1]}" is returned once, but no create brings {leaf.first.record}'
            yield found(unit, "M705", path, text, "add the record to operations.create, or show it otherwise")


def made_and_told(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M706: a secret that the gateway makes is told once, or nobody ever knows it."""
    for line in lines(unit):
        if line.spec.made is not None and line.spec.returned != "once":
            text = f'"{line.path[-1]}" is made here, but nobody is told'
            yield found(unit, "M706", (*line.path, "made"), text, "add returned: once")


def never_searched(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M702: what is secret, or made of a secret, cannot be asked about: `password sw "a"` would tell it letter by letter."""
    mapping = unit.mapping
    if mapping is None:
        return
    for line in lines(unit):
        if line.spec.secret and isinstance(line.spec.search, dict):
            yield found(unit, "M702", (*line.path, "search"), "a secret cannot be searched", "leave out `search`")
        elif line.leaf is not None and not line.leaf.schema.secret and line.leaf.searchable and _one_way(mapping, line):
            yield found(
                unit,
                "M702",
                line.path,
                f'"{line.path[-1]}" is made of a secret and could be searched',
                "add secret: true",
            )


def never_told(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M703: a secret is in no URL, no other attribute, no text for the client and no rate limit's key."""
    mapping = unit.mapping
    if mapping is None:
        return
    holes = _secret_holes(unit)
    for call, path in calls(mapping):
        yield from _leaks(unit, call.path, holes, path, "a URL")
    for template, path in templates(mapping):
        if "send" not in path:
            yield from _leaks(unit, template, holes, path, "a text")
    for line in lines(unit):
        for origin in line.leaf.origin.values() if line.leaf is not None else ():
            if isinstance(origin, Template):
                yield from _leaks(unit, origin, holes, (*line.path, "from"), "another attribute")
    for name, outcome in mapping.action.outcomes.items() if mapping.action else ():
        if "{" in outcome.detail:
            yield found(
                unit,
                "M703",
                ("outcomes", name, "detail"),
                "`detail` is a fixed text; a hole could tell a secret",
                "leave the hole out",
            )
    for index, name in enumerate(mapping.action.rate_key if mapping.action else ()):
        if name in holes:
            yield found(unit, "M703", ("limits", "key", index), f'the secret "{name}" is a key', "count something else")


def _secret_holes(unit: Unit) -> frozenset[str]:
    """The names under which templates could reach a secret: record paths, and in actions the request attribute."""
    secret = [line.leaf for line in lines(unit) if line.leaf is not None and line.leaf.schema.secret]
    return frozenset(
        {str(field) for leaf in secret for field in leaf.idm.values()}
        | {str(leaf.attr) for leaf in secret if not leaf.idm}
    )


def _leaks(unit: Unit, template: Template, holes: frozenset[str], path: Path, where: str) -> Iterator[Finding]:
    for hole in template.holes:
        if hole in holes:
            yield found(unit, "M703", path, f"the secret {{{hole}}} stands in {where}", "send it in a body only")


def one_face(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M704: an action that can fail in several ways can be told to fail in one."""
    action = unit.mapping.action if unit.mapping else None
    if (
        action is not None
        and len({outcome.detail for outcome in action.outcomes.values()}) > 1
        and action.uniform is None
    ):
        text = "the outcomes tell strangers apart, and nothing says which one they all may look like"
        yield found(unit, "M704", ("failure",), text, "name one in failure: { uniform: … }")
