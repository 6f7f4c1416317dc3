"""Which attributes may leave, and so which need to be read at all (RFC 7644 section 3.9, RFC 7643 section 7, IDCS section 3).

One selection serves both: `project` cuts a finished resource down to it, `demand` names it for the planner, so that nothing is read
that nobody will see. `always` stays whatever was asked, `never` and writeOnly go, `default` and `request` follow the request.
A sub-attribute `returned: always` stays when its parent stays or a sibling is selected; an attribute that is not declared never leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.scim.dialect import Dialect
from gateway.scim.finish import Identified, completed, is_action, referring
from gateway.scim.match import compile_value_match
from gateway.scim.request import Json, Resource, Wanted
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr
from gateway.scim.wanted import bind_wanted
from gateway.scim.window import Window

__all__ = ["bind_wanted", "demand", "leaves_whole", "project", "projector"]

Project = Callable[[Resource], Resource]
Test = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class _Kept:
    """One attribute that may leave: whole (`subs` None), or these sub-attributes of it; only values that `test` accepts, of these `window`.

    `without`: names that do not leave with a free map kept whole.
    """

    attr: Attr
    subs: frozenset[str] | None = None
    test: Test | None = None
    without: frozenset[str] = frozenset()
    window: Window | None = None

    def passes(self, value: Json) -> bool:
        """Whether the value leaves as it is; quick, and no where that is not seen at once."""
        if self.test is not None or self.window is not None or self.without:
            return False
        kind, subs = type(value), self.subs
        if kind is str or kind is bool:
            return True
        if subs is None or not value:
            return False
        if kind is dict:
            return subs.issuperset(value)
        return kind is list and all(type(each) is dict and each and subs.issuperset(each) for each in value)


_Table = Mapping[str, _Kept]  # by declared name


@dataclass(frozen=True, slots=True)
class _Selection:
    """What may leave: tables by URN, "" for the core; `plain`: the attributes of the core of which any text leaves."""

    tables: Mapping[str, _Table]
    plain: frozenset[str]


_META = Attr("meta")


def project(resource: Resource, wanted: Wanted, kind: ResourceType, dialect: Dialect) -> Resource:
    """The finished resource with what may leave and was asked for. For many resources use `projector`."""
    return projector(wanted, kind, dialect)(resource)


def projector(wanted: Wanted, kind: ResourceType, dialect: Dialect) -> Project:
    """`project` for one request, prepared once."""
    selection = _selection(wanted, kind, dialect)
    tables, plain, extensions = selection.tables, selection.plain, kind.extensions
    core = tables[""]

    def cut(resource: Resource) -> Resource:
        shown: Resource = {}
        for name, value in resource.items():
            if name in plain and type(value) is str:
                shown[name] = value
                continue
            kept = core.get(name)
            left: Json
            if kept is not None and kept.passes(value):
                left = value
            elif kept is not None:
                left = _leaves(value, kept)
            elif name and name in tables:
                left = _cut(value, tables[name])
            else:
                continue
            if left or (left is not None and left != {}):
                shown[name] = left
        if len(shown.get("schemas", ())) > 1:
            shown["schemas"] = [urn for urn in shown["schemas"] if urn not in extensions or urn in shown]
        return shown

    return cut


def leaves_whole(wanted: Wanted, kind: ResourceType, dialect: Dialect, shown: Iterable[Attr]) -> bool:
    """Whether a resource that shows no more than these attributes (`x.*`: a free map) leaves as it is: nothing to cut."""
    tables = _selection(wanted, kind, dialect).tables
    return all(_whole(tables.get(attr.urn or "", {}).get(attr.name), attr.sub) for attr in shown)


def _whole(kept: _Kept | None, sub: str | None) -> bool:
    if kept is None or kept.test is not None or kept.window is not None or kept.without:
        return False
    return kept.subs is None or (sub != "*" and sub in kept.subs)


def demand(wanted: Wanted, kind: ResourceType, dialect: Dialect) -> frozenset[Attr]:
    """The attributes that the answer may carry: each simple one and, of complex ones, each sub-attribute but not the whole.

    Of a free map kept whole the map itself, of one kept in part the names asked for.
    """
    if wanted.filters or wanted.windows:
        return _demanded(_select(wanted, kind, dialect), kind)
    return _kept_demand(wanted.include, wanted.exclude, wanted.sets, Identified(kind), dialect)


def _demanded(selection: _Selection, kind: ResourceType) -> frozenset[Attr]:
    found: set[Attr] = set()
    for urn, table in selection.tables.items():
        for kept in table.values():
            subs = kept.subs
            if subs is None:
                declared = kind.attribute(kept.attr)
                subs = frozenset(sub.name for sub in declared.subs.values()) if declared is not None else frozenset()
                subs -= kept.without
                if not subs or (declared is not None and declared.open):
                    found.add(kept.attr)
            found.update(Attr(kept.attr.name, sub, urn or None) for sub in subs)
    return frozenset(found)


def _cut(values: Json, table: _Table) -> Resource:
    if not isinstance(values, dict):
        return {}
    shown = {}
    for name, value in values.items():
        kept = table.get(name)
        left = None if kept is None else _leaves(value, kept)
        if left is not None and left != {}:
            shown[name] = left
    return shown


def _leaves(value: Json, kept: _Kept) -> Json:
    """What may leave of one attribute's value; None: nothing."""
    if isinstance(value, list):
        values = value if kept.test is None else [each for each in value if kept.test(each)]
        values = values if kept.window is None else kept.window.of(values)
        return [cut for each in values if (cut := _narrow(each, kept)) != {}] or None
    if value is None or (kept.test is not None and not kept.test(value)):
        return None
    return _narrow(value, kept)


def _narrow(value: Json, kept: _Kept) -> Json:
    if type(value) is not dict:
        return value
    subs = kept.subs
    if subs is None:
        return {name: inner for name, inner in value.items() if name not in kept.without} if kept.without else value
    return value if subs.issuperset(value) else {name: inner for name, inner in value.items() if name in subs}


def _selection(wanted: Wanted, kind: ResourceType, dialect: Dialect) -> _Selection:
    """Requests repeat: what a list of names selects is kept, unless a filter or a page with its values is in it."""
    if wanted.filters or wanted.windows:
        return _select(wanted, kind, dialect)
    return _kept_selection(wanted.include, wanted.exclude, wanted.sets, Identified(kind), dialect)


@lru_cache(maxsize=256)
def _kept_selection(
    include: tuple[Attr, ...] | None,
    exclude: tuple[Attr, ...],
    sets: frozenset[str],
    kind: Identified,
    dialect: Dialect,
) -> _Selection:
    return _select(Wanted(include, exclude, sets), kind.type, dialect)


@lru_cache(maxsize=256)
def _kept_demand(
    include: tuple[Attr, ...] | None,
    exclude: tuple[Attr, ...],
    sets: frozenset[str],
    kind: Identified,
    dialect: Dialect,
) -> frozenset[Attr]:
    return _the_same(_demanded(_kept_selection(include, exclude, sets, kind, dialect), kind.type))


@lru_cache(maxsize=256)
def _the_same(attrs: frozenset[Attr]) -> frozenset[Attr]:
    """One and the same set for equal ones: what is kept by such a set is then found without a look at its elements."""
    return attrs


def _select(wanted: Wanted, kind: ResourceType, dialect: Dialect) -> _Selection:
    choice = _Choice(wanted, kind)
    tables = {"": completed(kind, dialect)} | {urn: referring(table, dialect) for urn, table in kind.extensions.items()}
    chosen = {urn: choice.table(urn, table) for urn, table in tables.items()}
    return _Selection(chosen, frozenset(name for name, kept in chosen[""].items() if kept.passes("text")))


class _Choice:
    """The rules for one request and type."""

    def __init__(self, wanted: Wanted, kind: ResourceType) -> None:
        self._wanted = wanted
        self._named = frozenset(wanted.include or ())
        self._excluded = frozenset(wanted.exclude)
        self._narrowed = wanted.narrowed
        self._default = not wanted.narrowed or bool(wanted.sets & {"default", "all"})
        # what an action returns on request is in its answer only when its request's body asked for it
        self._request = bool(wanted.sets & {"request", "all"}) or (is_action(kind) and not wanted.narrowed)

    def table(self, urn: str, attributes: Mapping[str, Attribute]) -> _Table:
        """The attributes of one schema that may leave, by name."""
        kept = (self._kept(Attr(each.name, urn=urn or None), each) for each in attributes.values())
        return {each.attr.name: each for each in kept if each is not None}

    def _kept(self, attr: Attr, attribute: Attribute) -> _Kept | None:
        if _hidden(attribute):
            return None
        always = attribute.returned == "always"
        whole = attr in self._named or (Attr("", urn=attr.urn) in self._named and attribute.returned == "default")
        chosen = always or whole or self._by_set(attribute)
        excluded = attr in self._excluded or Attr("", urn=attr.urn) in self._excluded
        if excluded and (not always or attr == _META):  # the RFC lets a client leave meta out
            return None
        filter_ = self._wanted.filters.get(attr)
        test = compile_value_match(filter_, attribute) if filter_ is not None else None
        window = self._wanted.windows.get(attr)
        if attribute.type != "complex":
            return _Kept(attr, None, test, window=window) if chosen else None
        if attribute.open:
            return self._kept_map(attr, attribute, chosen, test)
        subs = self._subs(attr, attribute, chosen)
        return _Kept(attr, subs, test, window=window) if subs else None

    def _kept_map(self, attr: Attr, attribute: Attribute, chosen: bool, test: Test | None) -> _Kept | None:
        """A free map: any name may be in it, but those declared keep their characteristics."""
        named = self._under(attr, self._named) - self._under(attr, self._excluded)
        hidden = frozenset(sub.name for sub in attribute.subs.values() if _hidden(sub))
        if chosen:
            shy = (sub for sub in attribute.subs.values() if not self._sub_stays(sub, attribute))
            without = hidden | self._under(attr, self._excluded) | (frozenset(sub.name for sub in shy) - named)
            return _Kept(attr, None, test, without)
        return _Kept(attr, named - hidden, test) if named - hidden else None

    def _under(self, attr: Attr, attrs: frozenset[Attr]) -> frozenset[str]:
        return frozenset(each.sub for each in attrs if each.sub is not None and _parent(each) == attr)

    def _subs(self, attr: Attr, attribute: Attribute, chosen: bool) -> frozenset[str]:
        """The sub-attributes that may leave; `chosen`: the parent itself stays."""
        kept, always = set(), set()
        for sub in attribute.subs.values():
            if _hidden(sub):
                continue
            path = Attr(attr.name, sub.name, attr.urn)
            if sub.returned == "always":
                always.add(sub.name)
            elif path in self._excluded:
                continue
            elif path in self._named or (chosen and sub.returned == "default") or self._sub_by_set(sub, attribute):
                kept.add(sub.name)
        named = self._under(attr, self._named) & always
        return frozenset(kept | always) if kept or chosen or named else frozenset()

    def _by_set(self, attribute: Attribute) -> bool:
        if attribute.returned == "request":
            return self._request
        return attribute.returned == "default" and self._default

    def _sub_stays(self, sub: Attribute, parent: Attribute) -> bool:
        """Whether a sub-attribute that nobody named stays with its parent."""
        return sub.returned in ("always", "default") or self._sub_by_set(sub, parent)

    def _sub_by_set(self, sub: Attribute, parent: Attribute) -> bool:
        """A sub-attribute on request is a set's own choice; a default one follows its parent."""
        return sub.returned == "request" and self._request and (parent.returned != "request" or self._by_set(parent))


def _hidden(attribute: Attribute) -> bool:
    return attribute.returned == "never" or attribute.mutability == "writeOnly"


def _parent(attr: Attr) -> Attr:
    return Attr(attr.name, urn=attr.urn)
