"""A search in all resource types at once: `POST /.search` below the root (RFC 7644 sections 3.4.2.1 and 3.4.3). Pure.

The search becomes one per type. In a type that does not have an attribute, a condition on it sees no value, as the RFC says; a name that
no type has is an error all the same, because it is a typing mistake. `meta.resourceType` and `schemas` are known before anything is
read, so that conditions on them leave out whole types; types that are searched alone are asked only then. Sorting needs an attribute
that is the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import orjson

from gateway.errors import BadRequest, Denied, ScimError, Unsupported
from gateway.scim.binding import bind_filter, bind_sort
from gateway.scim.body import read_json
from gateway.scim.dialect import Dialect
from gateway.scim.filter import FilterLimits, parse_attr, parse_filter
from gateway.scim.finish import finish
from gateway.scim.match import matches
from gateway.scim.ocid import attr_for, filter_for
from gateway.scim.print import attr_text
from gateway.scim.project import projector
from gateway.scim.query import Parameters, Sought, chosen, search_parameters, sought
from gateway.scim.question import Question
from gateway.scim.reply import LIST_RESPONSE, Reply, no_content
from gateway.scim.request import Resource, ScimRequest
from gateway.scim.schema import ResourceType
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or
from gateway.scim.wanted import bind_wanted

_TYPE = Attr("meta", "resourceType")


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The searches, one per type that may have hits, in the order in which an unsorted answer lists them; all ask for the same page.

    `named`: the filter says which types are meant.
    """

    searches: tuple[ScimRequest, ...]
    start_index: int
    count: int
    named: bool


def is_everywhere(tail: str) -> bool:
    """Whether the path below the root is the search in all types."""
    return tail.strip("/").lower() == ".search"


def read_everywhere(question: Question) -> Everywhere:
    """The search. Raises GW116 (not POST), GW303 (a caller with its own rights), GW105 (no type has the name), and as any search does."""
    if question.method != "POST":
        raise BadRequest("GW116", "A search in all types is sent by POST.", allow=("POST", "OPTIONS"))
    if question.caller.is_self:
        raise Denied("GW303", "What is your own is searched type by type.")
    sent = read_json(question.body, question.headers.get("content-type"), question.limits)
    parameters = search_parameters(sent)
    if "cursor" in parameters:
        raise BadRequest("GW113", "A search in all types has no cursors; page by startIndex.")
    seeking = sought(parameters, question.dialect)
    tree = _tree(seeking, question.dialect, question.limits.search)
    named = any(_names_types(attr) for attr in _attrs(tree))
    kinds = [
        each
        for each in question.types.values()
        if "search" in each.verbs and _may_search(each) and not each.own_only and (named or not each.alone)
    ]
    _check_known(tree, kinds)
    sort_by = _sort_by(seeking, kinds, question.dialect)
    bound = ((kind, _narrowed(tree, kind, question.dialect) if tree is not None else True) for kind in kinds)
    searches = (
        _search(question, parameters, seeking, kind, where, sort_by) for kind, where in bound if where is not False
    )
    return Everywhere(tuple(searches), seeking.start_index, seeking.count, named)


def everywhere_reply(
    found: Sequence[tuple[ScimRequest, Resource]], total: int, everywhere: Everywhere, dialect: Dialect
) -> Reply:
    """The page: resources of several types, each as its own type shows it."""
    shown = [projector(by.wanted, by.type, dialect)(finish(each, by.type, dialect, by.base)) for by, each in found]
    message = {
        "schemas": [LIST_RESPONSE],
        "totalResults": total,
        "Resources": shown,
        "startIndex": everywhere.start_index,
        "itemsPerPage": everywhere.count if dialect.echo_count else len(shown),
    }
    return Reply(200, (("Content-Type", dialect.media_type), *no_content().headers), orjson.dumps(message))


def _may_search(kind: ResourceType) -> bool:
    """Types that the caller may not search are left out, as if there were none."""
    return kind.allowed is None or "search" in kind.allowed.verbs


def _search(
    question: Question,
    parameters: Parameters,
    seeking: Sought,
    kind: ResourceType,
    where: Filter | bool,
    sort_by: Attr | None,
) -> ScimRequest:
    names = chosen(parameters, question.dialect)
    return ScimRequest(
        "search",
        kind,
        question.dialect,
        question.base,
        question.caller,
        question.request_id,
        filter=None if isinstance(where, bool) else where,
        sort_by=sort_by,
        descending=seeking.descending,
        start_index=seeking.start_index,
        count=seeking.count,
        wanted=bind_wanted(names.attributes, names.excluded, names.sets, kind),
    )


def _tree(seeking: Sought, dialect: Dialect, limits: FilterLimits) -> Filter | None:
    return None if seeking.filter is None else filter_for(parse_filter(seeking.filter, limits), dialect)


def _sort_by(seeking: Sought, kinds: Iterable[ResourceType], dialect: Dialect) -> Attr | None:
    """The sort attribute. Raises GW201 unless every type has it, with the same kind of values."""
    if seeking.sort_by is None:
        return Attr(dialect.default_sort) if dialect.default_sort else None
    asked = attr_for(parse_attr(seeking.sort_by), dialect)
    found = set()
    for kind in kinds:
        try:
            attr = bind_sort(asked, kind)
        except ScimError:
            raise _not_everywhere(asked) from None
        schema = kind.attribute(attr)
        found.add((attr, schema.type if schema else None, schema.case_exact if schema else None))
    if len(found) != 1:
        raise _not_everywhere(asked)
    return found.pop()[0]


def _not_everywhere(asked: Attr) -> Unsupported:
    text = (
        f'"{attr_text(asked)}" is not the same in all resource types. Sort by id or meta.created, or search one type.'
    )
    return Unsupported("GW201", text)


def _check_known(tree: Filter | None, kinds: Sequence[ResourceType]) -> None:
    for attr in _attrs(tree):
        if all(kind.attribute(attr) is None for kind in kinds):
            raise BadRequest("GW105", f'No resource type has an attribute "{attr_text(attr)}"; /Schemas lists them.')


def _attrs(tree: Filter | None) -> Iterable[Attr]:
    if tree is None:
        return ()
    if isinstance(tree, And | Or):
        return [attr for term in tree.terms for attr in _attrs(term)]
    return _attrs(tree.term) if isinstance(tree, Not) else (tree.attr,)


def _names_types(attr: Attr) -> bool:
    """Whether a condition on it says which types are meant."""
    return (attr.name.lower(), (attr.sub or "").lower()) in (("meta", "resourcetype"), ("schemas", ""))


def _narrowed(tree: Filter, kind: ResourceType, dialect: Dialect) -> Filter | bool:
    """The filter as it concerns this type, or what it comes to for each of its resources."""
    if isinstance(tree, Not):
        inner = _narrowed(tree.term, kind, dialect)
        return not inner if isinstance(inner, bool) else Not(inner)
    if isinstance(tree, And | Or):
        return _joined(tree, [_narrowed(term, kind, dialect) for term in tree.terms])
    if kind.attribute(tree.attr) is None:
        return _absent(tree)
    bound = bind_filter(tree, kind, dialect.leniencies)
    if all(attr == _TYPE for attr in _attrs(bound)):
        return matches(bound, {"meta": {"resourceType": kind.name}}, kind)
    return bound


def _joined(tree: And | Or, terms: Sequence[Filter | bool]) -> Filter | bool:
    """`and` and `or` without the terms that are known: one that decides decides all."""
    decides = isinstance(tree, Or)
    if any(term is decides for term in terms):
        return decides
    rest: list[Filter] = []
    for term in terms:
        if isinstance(term, And | Or) and type(term) is type(tree):
            rest += term.terms  # chains stay flat
        elif not isinstance(term, bool):
            rest.append(term)
    if not rest:
        return not decides
    return rest[0] if len(rest) == 1 else replace(tree, terms=tuple(rest))


def _absent(condition: Filter) -> bool:
    """What a condition says where its attribute has no value (see `scim/match.py`): "not there" equals null, and differs from any value."""
    if not isinstance(condition, Compare):
        return False
    empty = condition.value is None or condition.value == ""
    return condition.op == "eq" if empty else condition.op == "ne"
