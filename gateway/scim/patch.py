"""Applies PATCH edits to a resource (RFC 7644 section 3.5.2), purely: the input stays as it was, and either all edits apply or none.

Each edit computes a new value for one top-level attribute from the old one; whether that was allowed is judged by comparing the two. The
caller writes the difference, so an edit that changes nothing costs nothing. Decided here where the RFC leaves room:

- `add` of a value that is there already (same composite key) brings that value up to date instead of a second one.
- `replace` through a filter keeps what the filter itself says (`type eq "work"`), unless the new value says otherwise.
- `remove` of what is not there changes nothing. A value that loses its `value` or a required sub-attribute is gone.
- A new `primary: true` makes the others `primary: false`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.errors import BadRequest, Fault
from gateway.scim.comparison import is_present
from gateway.scim.dialect import Leniency
from gateway.scim.edit import read_edits, read_only
from gateway.scim.element import constants, one_primary, same, updated, without
from gateway.scim.intake import entries, find, lacking
from gateway.scim.match import compile_value_match, values
from gateway.scim.request import Edit, Json, Resource
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr, Path

__all__ = ["apply", "read_edits"]


def apply(
    resource: Resource,
    edits: Iterable[Edit],
    kind: ResourceType,
    leniencies: frozenset[Leniency],
) -> Resource:
    """The resource after the edits, in order.

    Raises GW109 (a filter selects nothing), GW110 (readOnly, immutable or required), GW111 (several primary values), GW112 (a value lacks
    a required sub-attribute).
    """
    wish = dict(resource)
    for edit in edits:
        for single in _singles(edit, kind):
            _apply(wish, single, kind, leniencies)
    for urn in kind.extensions:
        if urn in wish and not wish[urn]:
            del wish[urn]
    _check_required(resource, wish, kind)
    return wish


def aims_at_nothing(resource: Resource, edits: Iterable[Edit], kind: ResourceType) -> bool:
    """Whether one of the edits sets a value through a filter that fits no value of the resource (RFC 7644 section 3.5.2.3: noTarget)."""
    for edit in edits:
        path = edit.path
        if path is None or path.filter is None or edit.op == "remove":
            continue
        attr = Attr(path.attr.name, urn=path.attr.urn)
        top = kind.attribute(attr)
        if top is not None and not any(map(compile_value_match(path.filter, top), values(resource, attr))):
            return True
    return False


def _singles(edit: Edit, kind: ResourceType) -> Iterable[Edit]:
    """One edit per attribute: the edit itself, or the members of a path-less value or whole extension."""
    path = edit.path
    if path is not None and path.attr.name:
        return (edit,)
    urn = path.attr.urn if path is not None else None
    if edit.op == "remove":
        table = kind.extensions[urn] if urn else {}
        writable = (each for each in table.values() if each.mutability != "readOnly")
        return tuple(Edit("remove", Path(Attr(each.name, urn=urn))) for each in writable)
    return tuple(_member(edit, own, key, value, kind) for own, key, value in entries(_named(edit.value, urn), kind))


def _named(value: Json, urn: str | None) -> Resource:
    return {urn: value} if urn else value


def _member(edit: Edit, urn: str | None, key: str, value: Json, kind: ResourceType) -> Edit:
    found = find(key, kind, frozenset(), urn)
    if found is None:
        raise Fault("GW901", "An edit was applied before its names were looked up.")
    return Edit(edit.op, Path(found[0]), value)


def _apply(wish: Resource, edit: Edit, kind: ResourceType, leniencies: frozenset[Leniency]) -> None:
    """One edit; `wish` and its extension objects are ours, everything deeper is replaced, never changed."""
    assert edit.path is not None
    attr = Attr(edit.path.attr.name, urn=edit.path.attr.urn)
    top = kind.attribute(attr)
    if top is None:
        raise Fault("GW901", "An edit was applied before its path was looked up.")
    holder = wish
    if attr.urn:
        holder = wish[attr.urn] = dict(wish.get(attr.urn) or {})
    old = holder.get(top.name)
    new = _changed(old, edit, edit.path, top, leniencies)
    if isinstance(new, list):
        new = one_primary(new, old, str(attr))
    if edit.op == "remove" and top.mutability == "writeOnly":
        raise BadRequest("GW110", f"{attr} is never shown and cannot be taken away. Send another value instead.")
    if new == old or not (is_present(new) or is_present(old)):
        return
    _check_mutable(edit.path, top, old, new)
    if new is None or new in ([], {}):
        holder.pop(top.name, None)
    else:
        holder[top.name] = new


def _changed(old: Json, edit: Edit, path: Path, top: Attribute, leniencies: frozenset[Leniency]) -> Json:
    """The new value of a top-level attribute."""
    if path.filter is not None:
        return _through_filter(old, edit, path, top, leniencies)
    if path.attr.sub is not None:
        return _in_sub(old, edit, path.attr.sub, top)
    if edit.op == "remove":
        return _removed(old, edit.value, top)
    if edit.value is None:
        return None if edit.op == "replace" else old
    return _put(old, edit.op, edit.value, top)


def _put(old: Json, op: str, value: Json, attribute: Attribute) -> Json:
    """`add` or `replace` of a whole value; a complex one keeps the sub-attributes that are not mentioned."""
    if attribute.multi_valued:
        values = value if isinstance(value, list) else [value]
        return values if op == "replace" else updated(_listed(old), values, attribute)
    if attribute.type == "complex" and isinstance(value, dict):
        return _merged(old, value)
    return value


def _removed(old: Json, value: Json, attribute: Attribute) -> Json:
    """What is left after `remove`: nothing, or with a value everything but that."""
    if value is None or old is None:
        return None
    values = value if isinstance(value, list) else [value]
    left = without(_listed(old), values, attribute)
    return left if attribute.multi_valued else (left[0] if left else None)


def _in_sub(old: Json, edit: Edit, name: str, top: Attribute) -> Json:
    """`attr.sub`: of the one value, or of every value of a multi-valued attribute."""
    change = _sub_change(edit, name, top)
    elements = _listed(old)
    if not elements and edit.op != "remove":
        elements = [{}]
    changed = [new for each in elements if (new := change(each)) is not None]
    return changed if top.multi_valued else (changed[0] if changed else None)


def _sub_change(edit: Edit, name: str, top: Attribute) -> Callable[[Json], Json]:
    """A function that edits one sub-attribute of a value; None: nothing is left of the value."""
    sub = top.sub(name)
    assert sub is not None
    vital = top.multi_valued and (sub.name == "value" or sub.required)

    def change(element: Json) -> Json:
        element = element if isinstance(element, dict) else {}
        old = element.get(sub.name)
        if edit.op == "remove":
            new = _removed(old, edit.value, sub)
        elif edit.value is None:
            new = None if edit.op == "replace" else old
        else:
            new = _put(old, edit.op, edit.value, sub)
        if new is None or new == []:
            left = {key: value for key, value in element.items() if key != sub.name}
            return None if not left or (vital and old is not None) else left
        return {**element, sub.name: new}

    return change


def _through_filter(old: Json, edit: Edit, path: Path, top: Attribute, leniencies: frozenset[Leniency]) -> Json:
    """`attr[filter]` and `attr[filter].sub`: the values that fit, the others as they are."""
    assert path.filter is not None
    fits = compile_value_match(path.filter, top)
    elements = _listed(old)
    selected = [fits(each) for each in elements]
    given = constants(path.filter, top)
    if any(selected):
        change = _sub_change(edit, path.tail, top) if path.tail else None
        changed: list[Json] = []
        for element, hit in zip(elements, selected, strict=True):
            if not hit:
                changed.append(element)
            elif change is not None:
                changed += [new] if (new := change(element)) is not None else []
            else:
                changed += [each for each in _instead(element, edit, given, top) if each not in changed]
    elif edit.op == "remove" or edit.value is None:
        changed = elements
    elif given is not None and "unmatched_path_creates" in leniencies and (top.multi_valued or not elements):
        changed = [*elements, *_created(edit, path, given, top)]
    else:
        raise BadRequest("GW109", f"The filter on {Attr(top.name, urn=path.attr.urn)} selects no value.")
    return changed if top.multi_valued else (changed[0] if changed else None)


def _instead(element: Json, edit: Edit, given: Json, top: Attribute) -> list[Json]:
    """What takes the place of one selected value."""
    if edit.op == "remove":
        return [] if edit.value is None else without([element], _listed(edit.value), top)
    if edit.value is None:
        return [] if edit.op == "replace" else [element]
    if edit.op == "add":
        return [_merged(element, each) for each in _listed(edit.value)]
    return [_merged(given, each) for each in _listed(edit.value)]


def _created(edit: Edit, path: Path, given: Json, top: Attribute) -> list[Json]:
    """The value that an unmatched filter describes, with what the edit says about it."""
    if path.tail:
        return [_sub_change(edit, path.tail, top)(given)]
    return [_merged(given, each) for each in _listed(edit.value)]


def _merged(old: Json, value: Json) -> Json:
    """A complex value with the given sub-attributes; null takes one away. Plain values are just replaced."""
    if not isinstance(value, dict):
        return value
    both = {**old, **value} if isinstance(old, dict) else value
    return {name: each for name, each in both.items() if each is not None}


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _check_mutable(path: Path, top: Attribute, old: Json, new: Json) -> None:
    """GW110 where the change is not a client's to make (RFC 7643 section 2.2)."""
    name = path.tail or path.attr.sub
    sub = top.sub(name) if name else None
    label = str(path.attr if path.tail is None else Attr(path.attr.name, path.tail, path.attr.urn))
    if "readOnly" in (top.mutability, sub.mutability if sub else None):
        raise read_only(label)
    if top.mutability == "immutable" and is_present(old):
        raise _immutable(label)
    for each in (sub,) if sub else top.subs.values() if not top.multi_valued else ():
        if each.mutability == "immutable" and _lost(each, old, new):
            raise _immutable(f"{Attr(top.name, each.name, path.attr.urn)}")


def _lost(sub: Attribute, old: Json, new: Json) -> bool:
    """Whether a value of an immutable sub-attribute that was there is there no more."""
    kept = [each.get(sub.name) for each in _listed(new) if isinstance(each, dict)]
    before = [each.get(sub.name) for each in _listed(old) if isinstance(each, dict)]
    return any(is_present(value) and not any(same(value, other, sub) for other in kept) for value in before)


def _immutable(label: str) -> BadRequest:
    return BadRequest("GW110", f"{label} is immutable: it cannot be changed once it has a value.")


def _check_required(resource: Resource, wish: Resource, kind: ResourceType) -> None:
    """Nothing required may get lost (section 3.5.2.2); what is new must be complete."""
    now = lacking(wish, kind)
    if not now:
        return
    before = lacking(resource, kind)
    now = [attr for attr in now if attr not in before]
    lost = [str(attr) for attr in now if not _in_elements(attr, kind) and any(map(is_present, values(resource, attr)))]
    if lost:
        raise BadRequest("GW110", f"Required and cannot be removed: {','.join(lost)}.")
    if now:
        raise BadRequest("GW112", f"Missing required attribute(s): {','.join(map(str, now))}.")


def _in_elements(attr: Attr, kind: ResourceType) -> bool:
    """Whether it is a sub-attribute of a multi-valued attribute, whose values may lack it one by one."""
    top = kind.attribute(Attr(attr.name, urn=attr.urn))
    return attr.sub is not None and top is not None and top.multi_valued
