"""`POST /Users?match=externalId`: make a resource unless there is one with the same value, and then bring that up to date.

RFC 7644 has no word for it: a POST of what is there already is 409 (section 3.3), a PUT creates nothing (section 3.5.1). Who federates
people needs one request that can be repeated (decision 012). The parameter names attributes of the body, so no value stands in an
address. `existing` says what becomes of a resource that is there: `merge` (the usual: what is sent is set, values of lists are added),
`replace` (a list that is sent becomes exactly that), `keep` (nothing is written).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from gateway.errors import BadRequest, Denied
from gateway.scim.binding import bind_path
from gateway.scim.comparison import is_present
from gateway.scim.filter import parse_path
from gateway.scim.match import compile_value_match
from gateway.scim.query import Parameters, split_names
from gateway.scim.request import Json, Match, Resource, Trait
from gateway.scim.rights import check_verb
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import And, Attr, Compare, Filter, Path, Within

Existing = Literal["merge", "replace", "keep"]
EXISTING: tuple[Existing, ...] = get_args(Existing)


def read_match(parameters: Parameters, kind: ResourceType, body: Resource) -> Match | None:
    """What a POST looks for first; None where it just creates.

    Raises GW113 (an attribute that this type is not looked up by, or that the body has no value of; an impossible `existing`), GW111 for a
    body that could not be sent again with the same effect, Denied GW302 without the right to change or read what is there.
    """
    names = tuple(entry for text in parameters.get("match", ()) for entry in split_names(text))
    existing = _existing(parameters, asked=bool(names))
    if not names:
        return None
    check_verb(kind, "get" if existing == "keep" else "modify")
    check_verb(kind, "search")
    paths = [_path(name, kind) for name in names]
    sought = tuple(found for path in paths if (found := _sought(path, kind, body)).filters)
    if not sought:
        raise BadRequest("GW113", f"match names {', '.join(names)}, and the body has no such value. Send one.")
    _refuse_unseen(kind, body)
    return Match(sought, existing)


def _existing(parameters: Parameters, *, asked: bool) -> Existing:
    said = [value.strip().lower() for value in parameters.get("existing", ())]
    found = next((each for each in EXISTING if said == [each]), "merge" if not said else None)
    if found is None or (said and not asked):
        raise BadRequest(
            "GW113", f"existing must be {', '.join(EXISTING[:-1])} or {EXISTING[-1]}, and stands beside match."
        )
    return found


def _path(name: str, kind: ResourceType) -> Path:
    """An attribute of those that the type can be looked up by, perhaps with a filter on the values that are meant."""
    path = bind_path(parse_path(name), kind)
    if path.attr not in kind.match or path.tail is not None:
        known = ", ".join(map(str, kind.match))
        cure = f"it can name {known}" if known else f"{kind.name} is not looked up so"
        raise BadRequest("GW113", f"match cannot name {path.attr}: {cure}.")
    attribute = kind.attribute(path.attr)
    if attribute is None or not attribute.filterable:
        raise Denied("GW302", f"Your roles do not allow to look for {path.attr}. Leave it out of match.")
    return path


def _sought(path: Path, kind: ResourceType, body: Resource) -> Trait:
    """The filters that find who has the values of the body."""
    attribute = kind.attribute(path.attr)
    assert attribute is not None, "it was bound a moment ago"
    value = value_in(body, path.attr)
    if not attribute.multi_valued:
        return Trait(path.attr, (Compare(path.attr, "eq", value),) if is_present(value) else ())
    fits = compile_value_match(path.filter, attribute) if path.filter is not None else lambda _: True
    chosen = [each for each in (value if isinstance(value, list) else ()) if fits(each)]
    return Trait(path.attr, tuple(_within(path.attr, each, attribute) for each in chosen))


def _within(attr: Attr, value: Json, attribute: Attribute) -> Filter:
    """The value filter that a value's key makes."""
    missing = [
        name for name in attribute.composite_key if not isinstance(value, dict) or not is_present(value.get(name))
    ]
    if missing:
        raise BadRequest(
            "GW113", f"match looks for values of {attr} by {', '.join(attribute.composite_key)}. Send all of them."
        )
    terms = tuple(Compare(Attr(name), "eq", value[name]) for name in attribute.composite_key)
    return Within(attr, terms[0] if len(terms) == 1 else And(terms))


def _refuse_unseen(kind: ResourceType, body: Resource) -> None:
    """What nobody can read cannot be compared: sent again, it would be written again."""
    for attr, attribute, _ in sent(kind, body):
        if attribute.mutability == "writeOnly" or attribute.secret:
            raise BadRequest(
                "GW111", f"{attr} cannot stand in a request with match: it is not known whether it is there already."
            )


def sent(kind: ResourceType, body: Resource) -> Iterator[tuple[Attr, Attribute, Json]]:
    """The top attributes of a body with their values, but for what only the server writes."""
    for urn, table in (("", kind.core), *kind.extensions.items()):
        values = body.get(urn) if urn else body
        for name, value in values.items() if isinstance(values, Mapping) else ():
            attribute = table.get(name.lower())
            if attribute is not None and attribute.mutability != "readOnly" and is_present(value):
                yield Attr(attribute.name, None, urn or None), attribute, value


def value_in(resource: Resource, attr: Attr) -> Json:
    """The value of a top attribute."""
    table = resource.get(attr.urn) if attr.urn else resource
    return table.get(attr.name) if isinstance(table, Mapping) else None
