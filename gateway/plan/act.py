"""The pure half of an action: which attributes of the found subject it needs, and what a value means for its outcome.

Mapping-format sections 3.6 and 6. The steps themselves are the plan: they stand in the mapping and can be printed before they run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from gateway.mapping.action import Action, Check, Do, Find, Means
from gateway.mapping.alias import expand
from gateway.mapping.kept import kept
from gateway.mapping.leaf import EachGroup
from gateway.mapping.model import Mapping
from gateway.nevisidm.template import Template
from gateway.scim.binding import bind_attr, bind_filter
from gateway.scim.filter import parse_attr, parse_path
from gateway.scim.tree import And, Attr, Compare, Filter, Within

OK = "ok"
FOREIGN = "?"  # a closed table met a value it does not know: nevisIDM's failure, not the caller's


@kept
def subject_attr(text: str, target: Mapping) -> Attr:
    """The attribute of another mapping that a mapping file calls `active`, `emails.value` or `idcs:appRoles`."""
    alias, _, rest = text.partition(":")
    spelled = f"{target.aliases[alias]}:{rest}" if rest and alias in target.aliases else text
    return bind_attr(parse_attr(spelled), target.type)


def sought(text: str, value: str, target: Mapping) -> Filter:
    """The filter for what a mapping file looks by: `userName`, or `emails[primary eq true].value`, where only some values count."""
    path = parse_path(expand(text, target.aliases))
    if path.filter is None:
        return bind_filter(Compare(path.attr, "eq", value), target.type)
    inner = Compare(Attr(path.tail or "value"), "eq", value)
    return bind_filter(Within(path.attr, And((path.filter, inner))), target.type)


@kept
def wanted_of(mapping: Mapping, way: str, find: Find, target: Mapping, asked: frozenset[str]) -> tuple[Attr, ...]:
    """Every attribute of the subject that this way, its answer or a failure may show or check; nothing else is read."""
    assert mapping.action is not None
    names = set(_in_templates(_templates(mapping, mapping.action, way), find.name))
    for step in mapping.action.ways[way]:
        if isinstance(step, Check) and step.subject == find.name:
            names |= set(step.means)
        elif isinstance(step, Do):
            told = (*step.when, *([step.each] if step.each is not None else []))
            names |= {_below(name, find.name) for name in told if name.startswith(f"{find.name}.")}
    names |= {_below(group.source, find.name) for group in mapping.each.values() if _shown(group, find.name, asked)}
    return tuple(sorted({subject_attr(name, target) for name in names}, key=str))


def _templates(mapping: Mapping, action: Action, way: str) -> Iterable[Template]:
    for leaf in mapping.leaves.values():
        yield from (each for key, each in leaf.origin.items() if key in ("", way) and isinstance(each, Template))
    yield from (each for each in action.data.values() if isinstance(each, Template))
    for step in action.ways[way]:
        if isinstance(step, Do):
            yield step.call.path
            yield from step.send.values()


def _in_templates(templates: Iterable[Template], name: str) -> Iterable[str]:
    for template in templates:
        yield from (_below(hole, name) for hole in template.holes if hole.startswith(f"{name}."))


def _shown(group: EachGroup, name: str, asked: frozenset[str]) -> bool:
    return group.source.startswith(f"{name}.") and (group.asked is None or group.asked in asked)


def _below(text: str, name: str) -> str:
    return text[len(name) + 1 :]


def verdict(means: Means, value_of: Callable[[str], Any], now: datetime) -> str | None:
    """The first outcome that a value means; None: nothing bad; FOREIGN: a closed table did not know the value."""
    for name, table in means.items():
        value = value_of(name)
        outcome = _instant(table, value, now) if {"past", "future"} & set(table) else table.get(_text(value))
        if outcome is None and OK in table.values():
            return FOREIGN
        if outcome is not None and outcome != OK:
            return outcome
    return None


def _instant(table: Any, value: Any, now: datetime) -> str | None:
    if not isinstance(value, str):
        return None
    moment = datetime.fromisoformat(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    found: str | None = table.get("past" if moment < now else "future")
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
