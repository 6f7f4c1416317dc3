"""What an action answers: its attributes from what the request said and what the steps found.

The counterpart of `view` for mappings with `steps` (mapping-format, section 6). A template that nobody can fill is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.leaf import EachGroup, Leaf
from gateway.mapping.model import Mapping
from gateway.nevisidm.template import Lookup, Template, walk
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Elements = Callable[[str], list[Resource]]
"""From a path such as `subject.idcs:appRoles` to the elements found there."""


def show_action(
    mapping: Mapping, way: str, said: Resource, lookup: Lookup, elements: Elements, named: Callable[[Attr], bool]
) -> Resource:
    """The answer of a successful action. `said` is the request's body; what it asked for decides which lists are shown.

    `named`: whether the request's parameters ask for an attribute, as they must for one that is returned on request.
    """
    shown: Resource = {}
    for attr, leaf in mapping.leaves.items():
        if leaf.schema.returned == "request" and not named(attr):
            continue
        value = _value(leaf, way, said, lookup)
        if value is not None and attr.sub is not None:
            shown.setdefault(attr.name, {})[attr.sub] = value
        elif value is not None:
            shown[attr.name] = value
    for group in mapping.each.values():
        if group.asked is None or said.get(group.asked) is True:
            source = shown.get(group.source) if "." not in group.source else elements(group.source)
            shown[group.attr.name] = list(_elements(group, way, said, lookup, source or []))
    return shown


def _value(leaf: Leaf, way: str, said: Resource, lookup: Lookup) -> Any:
    if not leaf.origin:
        returned = leaf.schema.mutability != "writeOnly" and leaf.schema.returned != "never"
        default = leaf.schema.default
        value = walk(said, tuple(filter(None, (leaf.attr.name, leaf.attr.sub)))) if returned else None
        return default if returned and value is None else value
    return filled(leaf.origin, way, lookup)


def filled(origin: Map[str, Any], way: str, lookup: Lookup) -> Any:
    """The value of a template or constant for this way (key) or for all ways (""); None if there is none."""
    found = origin.get(way, origin.get(""))
    if not isinstance(found, Template):
        return found
    if len(found.parts) == 1 and found.holes:
        value = lookup(found.holes[0])
        return value if value != "" else None
    return found.fill(lookup)


def _elements(group: EachGroup, way: str, said: Resource, lookup: Lookup, source: list[Resource]) -> Iterable[Resource]:
    for item in source:
        if not _kept(group, said, item):
            continue
        shown = dict(item) if group.copies else {}
        whole = True
        for name, leaf in group.leaves.items():
            value = filled(leaf.origin, way, item_lookup(item, lookup))
            if value is not None:
                shown[leaf.attr.sub or name] = value
            elif "" in leaf.origin:
                whole = False  # an element without what everybody has (a role without a legacy group) is none
        if whole:
            yield shown


def _kept(group: EachGroup, said: Resource, item: Resource) -> bool:
    """Whether the element passes every narrowing request attribute that was sent (compared without case, as IDCS does)."""
    return all(
        str(item.get(sub, "")).casefold() == str(said[asked]).casefold()
        for asked, sub in group.keep.items()
        if said.get(asked) is not None
    )


def item_lookup(item: Resource, outer: Lookup) -> Lookup:
    """The holes of one element of a list: `{item.x}`, else what is known besides."""
    return lambda name: item.get(name[5:]) if name.startswith("item.") else outer(name)


def attr_value(resource: Resource, attr: Attr) -> Any:
    """What a found resource shows under an attribute; of a multi-valued one the primary value, else the first."""
    table = resource.get(attr.urn, {}) if attr.urn else resource
    value = table.get(attr.name)
    if attr.sub is None:
        return value
    if isinstance(value, list):
        value = next((each for each in value if each.get("primary") is True), value[0] if value else None)
    return value.get(attr.sub) if isinstance(value, dict) else None
