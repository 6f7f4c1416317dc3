"""The attributes a request names, bound: `attributes`, `excludedAttributes` and `attributeSets` as one `Wanted`.

RFC 7644 sections 3.9 and 3.10, IDCS section 3: names in any case, sub-attributes, URN paths, a URN alone for all its attributes,
`attr[filter]` and `attr[startIndex=1&count=10]` with or without a tail. A well-formed name that the type does not have is ignored, as
are never-returned ones: both ask for nothing. `Attr("", urn=URN)` stands for a whole extension, `Attr("")` for all core attributes.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors import BadRequest, ScimError
from gateway.scim.binding import bind_path
from gateway.scim.dialect import ALL_LENIENCIES
from gateway.scim.filter import parse_path
from gateway.scim.finish import server_made
from gateway.scim.request import Wanted
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr, Filter, Or, Path
from gateway.scim.window import Window, cut_window

_ENTRIES = 500


def bind_wanted(
    attributes: Iterable[str] | None, excluded: Iterable[str], sets: frozenset[str], kind: ResourceType
) -> Wanted:
    """What the answer shall carry. Raises GW113 for an entry that cannot be read, GW104 to GW107 for its filter."""
    filters: dict[Attr, Filter] = {}
    windows: dict[Attr, Window] = {}
    include = None if attributes is None else _bound(attributes, "attributes", kind, filters, windows)
    cut: dict[Attr, Filter] = {}
    paged: dict[Attr, Window] = {}
    exclude = _bound(excluded, "excludedAttributes", kind, cut, paged)
    if cut or paged:
        raise BadRequest("GW113", "excludedAttributes takes names only; select values by a filter in attributes.")
    return Wanted(include, exclude, sets, filters, windows)


def _bound(
    names: Iterable[str],
    parameter: str,
    kind: ResourceType,
    filters: dict[Attr, Filter],
    windows: dict[Attr, Window],
) -> tuple[Attr, ...]:
    """The entries as bound attributes; their value filters and pages go into `filters` and `windows`, by attribute."""
    bound: dict[Attr, None] = {}
    bare: set[Attr] = set()
    for count, name in enumerate(names):
        if count == _ENTRIES:
            raise BadRequest("GW113", f"{parameter} names more than {_ENTRIES} attributes.")
        name, window = cut_window(name, parameter)
        path = _path(name, parameter, kind)
        if path is None:
            continue
        whole = Attr(path.attr.name, urn=path.attr.urn)
        bound[path.attr if path.tail is None else Attr(path.attr.name, path.tail, path.attr.urn)] = None
        if window is not None:
            _page(windows, whole, window, parameter, kind)
        elif path.filter is None:
            bare.add(whole)
        elif whole in filters:
            filters[whole] = _either(filters[whole], path.filter)
        else:
            filters[whole] = path.filter
    for whole in bare:  # named without a filter or a page too: all values are wanted
        filters.pop(whole, None)
        windows.pop(whole, None)
    return tuple(bound)


def _page(windows: dict[Attr, Window], whole: Attr, window: Window, parameter: str, kind: ResourceType) -> None:
    declared = kind.attribute(whole)
    if declared is None or not declared.multi_valued:
        raise BadRequest("GW113", f"{parameter}: {whole} has no values to page through.")
    if windows.setdefault(whole, window) != window:
        raise BadRequest("GW113", f"{parameter} asks for two pages of {whole}; ask for one.")


def _path(name: str, parameter: str, kind: ResourceType) -> Path | None:
    """An entry as bound path, None if it names nothing that the type has."""
    urn = kind.urn(name)
    if urn is not None:
        return Path(Attr("", urn=urn or None))
    try:
        path = parse_path(name)
    except ScimError as error:
        if error.code.code == "GW108":
            raise BadRequest("GW113", f"{parameter} has an entry that is no attribute name; see /Schemas.") from None
        raise
    attr = _attr(path.attr, kind)
    if attr is None:
        return None
    if path.filter is None:
        return Path(attr)
    known = kind.attribute(Attr(attr.name, path.tail, attr.urn)) is not None
    return bind_path(path, kind, ALL_LENIENCIES) if known else None


def _attr(attr: Attr, kind: ResourceType) -> Attr | None:
    """The attribute with declared names, common ones included even where no mapping declares them."""
    urn = kind.urn(attr.urn) if attr.urn else ""
    if urn is None:
        return None
    top = kind.attribute(Attr(attr.name, urn=urn or None))
    if top is None:
        common = server_made(attr.name) if not urn else None
        return Attr(common, attr.sub) if common else None
    if attr.sub is None:
        return Attr(top.name, urn=urn or None)
    sub = top.sub(attr.sub)
    if sub is not None:
        return Attr(top.name, sub.name, urn or None)
    return Attr(top.name, attr.sub, urn or None) if top.name == "meta" or attr.sub.lower() == "ocid" else None


def _either(one: Filter, other: Filter) -> Filter:
    terms: tuple[Filter, ...] = ()
    for side in (one, other):
        terms += side.terms if isinstance(side, Or) else (side,)
    return Or(terms)
