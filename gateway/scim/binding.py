"""Looks up the names of a filter, an attribute or a PATCH path in a resource type, and checks what is asked of them.

After binding, names have their declared case, core URNs are gone and extension URNs canonical (RFC 7643 section 2.1: names and URNs
ignore case); every operator suits its attribute and every value has its type. An unknown name is an error, never dropped.
Binding something bound changes nothing. Decided here:

- `emails co "x"` means `emails.value co "x"`; so for every complex attribute with a `value` (IDCS: `app eq "<id>"`).
- `a eq null` becomes `not (a pr)`, `a ne null` becomes `a pr`; null with another operator is an error.
- In PATCH paths an attribute need not be searchable, as the values are selected here; a secret one is refused there too.
- A condition on `schemas` is decided here, as every resource of a type has the type's own URN; it becomes `meta.resourceType pr` or its
  opposite. Whether a resource has an extension depends on its values, so a condition that turns on one is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.errors import BadRequest, Unsupported
from gateway.scim.dialect import Leniency
from gateway.scim.match import matches
from gateway.scim.names import unknown_attribute
from gateway.scim.operand import typed_compare, unsuitable
from gateway.scim.print import attr_text
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Path, Present, Within

_Leniencies = frozenset[Leniency]
_SCHEMAS = Attr("schemas")
_ALWAYS = Present(Attr("meta", "resourceType"))


@dataclass(frozen=True, slots=True)
class _Found:
    """A name that was looked up: its canonical form, its top attribute and the one it means (the same, or a sub-attribute)."""

    attr: Attr
    top: Attribute
    leaf: Attribute


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where names are looked up: a resource type or, inside a value path, one attribute. `find` raises GW105.

    `local`: evaluated here only, so that `filterable` does not matter. `kind`: the type whose own `schemas` are meant; None inside values.
    """

    find: Callable[[Attr], _Found]
    leniencies: _Leniencies
    local: bool = False
    kind: ResourceType | None = None


def bind_filter(tree: Filter, kind: ResourceType, leniencies: _Leniencies = frozenset()) -> Filter:
    """The filter with its names looked up and its values typed.

    Raises BadRequest GW105 (unknown attribute), GW106 (operator or value does not suit it), Unsupported GW201 (not searchable).
    """
    return _bind(tree, _Scope(lambda attr: _find(attr, kind, "GW105"), leniencies, kind=kind))


def bind_attr(attr: Attr, kind: ResourceType) -> Attr:
    """The attribute with its names in declared case; a URN alone is `Attr("", urn=URN)`, the type's own URN alone `Attr("")`.

    Raises BadRequest GW108 for an unknown one. Says nothing about whether it may be searched or returned.
    """
    return _whole_schema(attr, kind) or _find(attr, kind, "GW108").attr


def bind_sort(attr: Attr, kind: ResourceType) -> Attr:
    """The attribute to sort by, a complex one by its `value`. Raises GW108 like `bind_attr`, GW106 without `value`, GW201."""
    found = _find(attr, kind, "GW108")
    _refuse_hidden(found)
    if found.attr == _SCHEMAS:
        raise Unsupported("GW201", '"schemas" cannot be sorted by: all resources of a type have the same.')
    if found.leaf.type == "complex" and "value" not in found.leaf.subs:
        names = ", ".join(sub.name for sub in found.leaf.subs.values())
        raise BadRequest(
            "GW108", f'"{attr_text(found.attr)}" has no order of its own; name one of its sub-attributes ({names}).'
        )
    return _to_value(found).attr


def bind_path(path: Path, kind: ResourceType, leniencies: _Leniencies = frozenset()) -> Path:
    """The PATCH path with its names looked up and its filter bound to the values it selects from.

    Raises BadRequest GW108 for a wrong path, and like `bind_filter` for its filter.
    """
    if path.filter is None:
        attr = bind_attr(path.attr, kind)
        if attr == Attr(""):
            raise BadRequest("GW108", "The path names the whole resource; leave the path out.")
        return Path(attr)
    found = _find(path.attr, kind, "GW108")
    _refuse_hidden(found, local=True)
    bound = _bind(path.filter, _inside(found, leniencies, local=True))
    return Path(found.attr, bound, _tail(path.tail, found))


def _tail(name: str | None, parent: _Found) -> str | None:
    if name is None:
        return None
    sub = parent.leaf.sub(name)
    if sub is None:
        raise unknown_attribute(
            "GW108", name, attr_text(parent.attr), [each.name for each in parent.leaf.subs.values()]
        )
    return sub.name


def _whole_schema(attr: Attr, kind: ResourceType) -> Attr | None:
    """The schema that a URN alone names: the reader may have taken its last part for an attribute."""
    if attr.urn is None or (attr.name and kind.attribute(attr)):
        return None
    urn = kind.urn(attr_text(attr))
    return None if urn is None else Attr("", urn=urn or None)


def _find(attr: Attr, kind: ResourceType, code: str) -> _Found:
    top, leaf = kind.attribute(Attr(attr.name, urn=attr.urn)), kind.attribute(attr)
    if top is None or leaf is None:
        raise unknown_attribute(code, attr_text(attr), kind.name, _notations(attr, kind, top))
    urn = kind.urn(attr.urn) if attr.urn else None
    return _Found(Attr(top.name, leaf.name if attr.sub else None, urn or None), top, leaf)


def _notations(attr: Attr, kind: ResourceType, top: Attribute | None) -> list[str]:
    """All names that a client could have meant, in attribute notation; one attribute's own if that much was right."""
    urn = kind.urn(attr.urn) if attr.urn else None
    if top is not None:
        return [
            attr_text(Attr(top.name, sub, urn or None)) for sub in (None, *(each.name for each in top.subs.values()))
        ]
    tables = {"": kind.core, **kind.extensions}
    near = tables if urn is None else {urn: tables[urn]}
    return [attr_text(Attr(each.name, urn=urn or None)) for urn, table in near.items() for each in table.values()]


def _bind(tree: Filter, scope: _Scope) -> Filter:
    bound = _bound(tree, scope)
    about_schemas = isinstance(bound, Compare | Present | Within) and bound.attr == _SCHEMAS
    return _decided(bound, scope.kind) if about_schemas and scope.kind and scope.kind.attribute(_ALWAYS.attr) else bound


def _decided(condition: Filter, kind: ResourceType) -> Filter:
    """A condition on `schemas` as one that always holds or never does. Raises GW106 where it depends on an extension."""
    least, most = ({"schemas": [kind.schema, *more]} for more in ((), tuple(kind.extensions)))
    holds = matches(condition, least, kind)
    if holds is not matches(condition, most, kind):
        cure = (
            "whether a resource has an extension depends on its values; ask for one of them, as in <URN>:<attribute> pr"
        )
        raise unsuitable(_SCHEMAS, cure)
    return _ALWAYS if holds else Not(_ALWAYS)


def _bound(tree: Filter, scope: _Scope) -> Filter:
    match tree:
        case Compare():
            return _bind_compare(tree, scope)
        case Present(attr):
            return Present(_searchable(attr, scope).attr)
        case Not(term):
            return Not(_bind(term, scope))
        case And(terms) | Or(terms):
            return replace(tree, terms=tuple(_bind(term, scope) for term in terms))
        case Within(attr, term):
            found = _searchable(attr, scope)
            return Within(found.attr, _bind(term, _inside(found, scope.leniencies, scope.local)))


def _bind_compare(condition: Compare, scope: _Scope) -> Filter:
    found = _searchable(condition.attr, scope)
    if condition.value is None and condition.op in ("eq", "ne"):
        return Not(Present(found.attr)) if condition.op == "eq" else Present(found.attr)
    meant = _to_value(found)
    _refuse_hidden(meant, scope.local)
    return typed_compare(meant.attr, condition, meant.leaf, scope.leniencies)


def _to_value(found: _Found) -> _Found:
    """A complex attribute stands for its `value`."""
    if found.leaf.type != "complex":
        return found
    value = found.leaf.subs.get("value")
    if value is None or found.attr.sub is not None:
        names = ", ".join(sub.name for sub in found.leaf.subs.values())
        raise unsuitable(found.attr, f"it has no value of its own; name one of its sub-attributes ({names})")
    return _Found(replace(found.attr, sub=value.name), found.top, value)


def _inside(parent: _Found, leniencies: _Leniencies, local: bool) -> _Scope:
    """The scope of a value path: the attribute's subs or, for plain values (`schemas[value eq "x"]`), `value` alone."""
    schema, place = parent.leaf, attr_text(parent.attr)
    plain = schema.type != "complex"
    if plain and not schema.multi_valued:
        raise BadRequest("GW106", f'"{place}" has one plain value; compare it without brackets.')

    def find(attr: Attr) -> _Found:
        relative = attr.sub is None and attr.urn is None
        if plain and relative and attr.name.lower() == "value":
            return _Found(Attr("value"), schema, schema)
        sub = schema.sub(attr.name) if relative and not plain else None
        if sub is None:
            names = ["value"] if plain else [each.name for each in schema.subs.values()]
            raise unknown_attribute("GW105", attr_text(attr), place, names)
        return _Found(Attr(sub.name), sub, sub)

    return _Scope(find, leniencies, local)


def _searchable(attr: Attr, scope: _Scope) -> _Found:
    found = scope.find(attr)
    _refuse_hidden(found, scope.local)
    return found


def _refuse_hidden(found: _Found, local: bool = False) -> None:
    """A filter or an order must not tell what an answer never shows."""
    for schema in (found.top, found.leaf):
        hidden = schema.secret or schema.returned == "never" or schema.mutability == "writeOnly"
        if hidden or not (schema.filterable or local):
            raise Unsupported("GW201", f'"{attr_text(found.attr)}" cannot be searched or sorted by.')
