"""M301 for names that are no record paths: outcomes, attributes in error rows, what actions count, keep and ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.mapping.action import Action, Check, Means
from gateway.mapping.alias import read_attr
from gateway.mapping.document import Path
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.model import Mapping
from gateway.mapping.rules.walk import calls, found, lines

_COUNTED = frozenset({"client_ip", "caller"})


def row_names(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M301: what error rows name: attributes, outcomes and calls of this file."""
    mapping = unit.mapping
    if mapping is None:
        return
    names = {call.name for call, _path in calls(mapping)}
    outcomes = mapping.action.outcomes if mapping.action else {}
    for index, row in enumerate(mapping.errors):
        attr = read_attr(row.attribute, mapping.aliases) if row.attribute is not None else None
        if row.attribute is not None and (attr is None or mapping.type.attribute(attr) is None):
            attributes = list(unit.spec.attributes) if unit.spec else []
            yield from _nobody(unit, "attribute", row.attribute, attributes, ("errors", index, "scim", "attribute"))
        if row.outcome is not None and row.outcome not in outcomes:
            yield from _nobody(unit, "outcome", row.outcome, outcomes, ("errors", index, "outcome"))
        if row.when.call is not None and row.when.call not in names:
            yield from _nobody(unit, "call", row.when.call, names, ("errors", index, "when", "call"))


def action_names(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M301: what actions name: outcomes in steps, request attributes in `keep`, `asked` and `limits`."""
    mapping = unit.mapping
    if mapping is None or mapping.action is None:
        return
    asked = {attr.name for attr, leaf in mapping.leaves.items() if not leaf.origin}
    yield from _outcomes(unit, mapping.action)
    for line in lines(unit):
        for name in line.spec.keep or {}:
            if name not in asked:
                yield from _nobody(unit, "request attribute", name, asked, (*line.path, "keep", name))
        if line.spec.asked is not None and line.spec.asked not in asked:
            yield from _nobody(unit, "request attribute", line.spec.asked, asked, (*line.path, "asked"))
    for index, name in enumerate(mapping.action.rate_key):
        if name not in asked | _COUNTED:
            yield from _nobody(unit, "request attribute", name, asked | _COUNTED, ("limits", "key", index))


def counted(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M307: `key` and `rate` bound actions, and stand together; `group` is for every type."""
    spec = unit.spec
    if spec is None or spec.limits is None:
        return
    said = [name for name in ("key", "rate") if getattr(spec.limits, name) is not None]
    if said and spec.steps is None:
        yield found(unit, "M307", ("limits", said[0]), f"`{said[0]}` bounds actions, and this is none", "leave it out")
    elif len(said) == 1:
        other = "rate" if said == ["key"] else "key"
        yield found(unit, "M307", ("limits", said[0]), f"`{said[0]}` does nothing alone", f"add `{other}`")


def _outcomes(unit: Unit, action: Action) -> Iterator[Finding]:
    for way, steps in action.ways.items():
        for index, step in enumerate(steps):
            path: Path = ("steps", *((way,) if way else ()), index)
            means: Means = getattr(step, "means", {})
            for field, table in means.items():
                for value, outcome in table.items():
                    if outcome != "ok" and outcome not in action.outcomes:
                        yield from _nobody(unit, "outcome", outcome, action.outcomes, (*path, "means", field, value))
            for key in () if isinstance(step, Check) else ("none", "many"):
                said = getattr(step, key)
                if said is not None and said not in (*action.outcomes, *(["ok"] if key == "none" else [])):
                    yield from _nobody(unit, "outcome", said, action.outcomes, (*path, key))
    if action.uniform is not None and action.uniform not in action.outcomes:
        yield from _nobody(unit, "outcome", action.uniform, action.outcomes, ("failure", "uniform"))


def _nobody(unit: Unit, what: str, name: str, known: Iterable[str], path: Path) -> Iterator[Finding]:
    names = sorted(known)
    yield found(
        unit,
        "M301",
        path,
        f'no {what} is called "{name}"',
        did_you_mean(name, names, f"known are {', '.join(names) or 'none'}"),
    )


def kept_promises(mapping: Mapping) -> frozenset[str]:
    """The outcomes that something can lead to."""
    action = mapping.action
    if action is None:
        return frozenset()
    reached = {row.outcome for row in mapping.errors if row.outcome}
    for steps in action.ways.values():
        for step in steps:
            reached |= {outcome for table in getattr(step, "means", {}).values() for outcome in table.values()}
            reached |= {getattr(step, key) for key in ("none", "many") if getattr(step, key, None)}
    return frozenset(reached)


def reachable_outcomes(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M302: an outcome that nothing leads to."""
    mapping = unit.mapping
    for name in mapping.action.outcomes if mapping and mapping.action else ():
        if mapping is not None and name not in kept_promises(mapping):
            yield Finding(
                unit.document.place("outcomes", name),
                "M302",
                "warning",
                f'outcome "{name}" is never reached',
                "remove it, or let a step end so",
            )
