"""The Query service: GET /nevisidm/api/query/v1/users, clients, applications, units, roles and all.

It answers from its own index (`query_index`), which may be off, rebuilding or late, finds across all clients at once, knows only
the client data room, and only for users, and shows nothing (not 403) to a caller without the right to search. All of that is
documented. Without `s` up to 200 hits are in order of relevance, more are in the index's own order. A query that would have to
look into more than 200,000 documents one by one times out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from . import problem
from .account import ALL
from .box import Sandbox
from .endpoint import QUERY, Answer, Call, Endpoint
from .lucene import parse
from .lucene_match import Kind, Matcher, ParentField, UnknownField, check
from .lucene_tree import Boolean, Clause, Everything, Occur, Query, Unparsable
from .query_entry import Entry
from .query_index import Index
from .query_sql import Condition, Narrower, client_document
from .query_subject import CLIENT_FIELDS, PROPERTIES, SORTED, SUBJECTS, Subject
from .table import CLIENTS, DEFINITIONS

RANKED = 200  # more hits than these are not ordered by relevance
EXAMINED = 200_000  # documents one query may look into

_REBUILDING = "The search index is being rebuilt. The search service is not available until this is finished."


def routes(box: Sandbox) -> Sequence[Endpoint]:
    """The six endpoints over one index of the store, which follows the store from now on."""
    index = Index(box.store)
    whole = {**SUBJECTS, "": None}
    return [
        Endpoint(
            f"query.{name or 'all'}",
            "GET",
            f"{QUERY}/{name or 'all'}",
            partial(search, index, list(SUBJECTS.values()) if subject is None else [subject]),
            since="2.69",
        )
        for name, subject in whole.items()
    ]


def search(index: Index, subjects: Sequence[Subject], call: Call) -> Answer:
    """One search: read the question, bring the index up to date as far as its lag allows, find, show."""
    switches = call.box.switches
    if not switches.query_enabled:
        raise problem.rule("queryServiceDisabled", "The query service is disabled.", switches.query_disabled_status)
    try:
        question = _question(call, subjects)
    except _Malformed as error:
        return _malformed(call, error)
    if switches.query_rebuilding:
        return Answer(200, _envelope(question, 0, [], infos=[_REBUILDING]))
    allowed = [subject for subject in subjects if call.account.may(subject.right)]
    if not allowed:
        return Answer(200, _envelope(question, 0, []))
    index.catch_up(call.box.now() - switches.query_lag_seconds * 1000)
    total, hits = _Search(index, question, _clients(call)).run(_within(call, allowed))
    return Answer(200, _envelope(question, total, hits))


@dataclass(frozen=True, slots=True)
class Question:
    """What a call asks for. `order` is SQL, None for relevance."""

    query: Query
    fields: Mapping[str, Kind]
    start: int
    size: int
    order: str | None


class _Malformed(Exception):
    """A 400: the query service's own errors, which have no code in the envelope."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def _question(call: Call, subjects: Sequence[Subject]) -> Question:
    given = dict(call.query)
    text = given.get("q", "").strip()
    if not text:
        raise _Malformed("mandatoryParameterMissing", "Parameter 'q' is mandatory.")
    start, size = _number(given, "from", 0), _number(given, "size", 10)
    if start + size > call.box.switches.query_max_window:
        raise problem.rule(
            "unsuccessfulQuery",
            f"Result window is too large: from + size is more than {call.box.switches.query_max_window}.",
        )
    fields = {name: kind for subject in subjects for name, kind in subject.fields.items()}
    if any(subject.name == "users" for subject in subjects):
        fields |= {f"{PROPERTIES}.{name}": Kind.TEXT for name in _property_names(call)}
    query = _query(text, [value for name, value in call.query if name == "df" and value], fields, call)
    return Question(query, fields, start, size, _order(given.get("s", "")))


def _query(text: str, defaults: Sequence[str], fields: Mapping[str, Kind], call: Call) -> Query:
    """The query with each field under its full name, checked."""
    try:
        query = _named(parse(text, leading_wildcard=call.box.switches.query_leading_wildcard), defaults, fields)
        check(query, fields)
    except ParentField as error:
        raise problem.rule("fieldIsNotDirectlyIndexed", f"Field '{error.name}' is not directly indexed.") from None
    except UnknownField as error:
        raise problem.rule("fieldIsNotIndexed", f"Field '{error.name}' is not indexed.") from None
    except Unparsable as error:
        raise _Malformed("invalidSyntax", f"Cannot parse the query: {error}.") from None
    return query


def _named(query: Query, defaults: Sequence[str], fields: Mapping[str, Kind]) -> Query:
    """Terms without a field look into the default fields, if there are any; a property may be called by its bare name."""
    if isinstance(query, Boolean):
        return Boolean(tuple(replace(clause, query=_named(clause.query, defaults, fields)) for clause in query.clauses))
    if isinstance(query, Everything):
        return query
    if query.field is None and defaults:
        named = [_named(replace(query, field=name), (), fields) for name in defaults]
        return Boolean(tuple(Clause(Occur.SHOULD, one) for one in named))
    full = f"{PROPERTIES}.{query.field}"
    return replace(query, field=full) if query.field not in fields and full in fields else query


def _order(text: str) -> str | None:
    """The SQL of `s`: a bare field, or a JSON array of names, `{"name": "desc"}` and `{"name": {"order": "desc"}}`."""
    if not text:
        return None
    try:
        asked = orjson.loads(text) if text.lstrip()[:1] in ("[", "{", '"') else text
    except orjson.JSONDecodeError:
        raise _Malformed("invalidSyntax", "Parameter 's' is not valid JSON.") from None
    keys = [key for one in (asked if isinstance(asked, list) else [asked]) for key in _sort_keys(one)]
    return ", ".join([*keys, "id"])


def _sort_keys(one: Any) -> list[str]:
    pairs = one.items() if isinstance(one, dict) else [(one, "asc")]
    return [
        _sort_key(name, direction.get("order", "asc") if isinstance(direction, dict) else direction)
        for name, direction in pairs
    ]


def _sort_key(name: Any, direction: Any) -> str:
    if not isinstance(name, str) or name not in SORTED:
        raise problem.invalid_parameter("Parameter 's' names a field that cannot be sorted by.")
    if direction not in ("asc", "desc"):
        raise problem.invalid_parameter("Parameter 's' has an order that is neither 'asc' nor 'desc'.")
    return f"{SORTED[name]} IS NULL, {SORTED[name]} {direction}"


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise _Malformed("invalidParameter", f"Parameter '{name}' is not a number.")
    return int(text)


@dataclass(frozen=True, slots=True)
class _Search:
    """One question put to the index."""

    index: Index
    question: Question
    clients: dict[str, str]

    def run(self, within: Condition) -> tuple[int, list[dict[str, Any]]]:
        """How many there are, and the hits of the page."""
        made = Narrower(self.index, self.question.fields, self.clients).narrow(self.question.query)
        if made is None:
            return 0, []
        sql, params = f"({within.sql}) AND ({made.sql})", within.params + made.params
        return self._exact(sql, params) if made.exact else self._examined(sql, params)

    def _exact(self, sql: str, params: tuple[str | int, ...]) -> tuple[int, list[dict[str, Any]]]:
        total = self.index.count(sql, params)
        if self.question.order is None and total <= RANKED:
            found = [(entry, self._score(entry)) for _, entry in self.index.entries(sql, params, "id", RANKED)]
            return total, self._page(found)
        order, start = self.question.order or "id", self.question.start
        page = [entry for _, entry in self.index.entries(sql, params, order, self.question.size, start)]
        return total, [self._hit(entry, self._score(entry)) for entry in page]

    def _examined(self, sql: str, params: tuple[str | int, ...]) -> tuple[int, list[dict[str, Any]]]:
        """Every candidate looked into."""
        found: list[tuple[Entry, float]] = []
        for seen, (_, entry) in enumerate(self.index.entries(sql, params, self.question.order or "id", EXAMINED + 1)):
            if seen == EXAMINED:
                raise problem.rule("queryHasTimedOut", "The query has timed out.", 408)
            if score := self._score(entry):
                found.append((entry, score))
        return len(found), self._page(found)

    def _page(self, found: list[tuple[Entry, float]]) -> list[dict[str, Any]]:
        if self.question.order is None and len(found) <= RANKED:
            found = sorted(found, key=lambda one: -one[1])
        page = found[self.question.start : self.question.start + self.question.size]
        return [self._hit(entry, score) for entry, score in page]

    def _score(self, entry: Entry) -> float:
        document = {**entry.document(), **client_document(entry.client, self.clients.get(entry.client, ""))}
        return Matcher(document, self.question.fields, apart=CLIENT_FIELDS).score(self.question.query) or 0.0

    def _hit(self, entry: Entry, score: float) -> dict[str, Any]:
        shown = {**entry.hit, "_score": score if self.question.order is None else None}
        if entry.client:
            client = {
                "id": entry.client,
                "extid": entry.client,
                "name": self.clients.get(entry.client),
                "dtoType": "CLIENT",
            }
            shown["client"] = {**client, "_internalId": entry.client}
        return shown


def _within(call: Call, allowed: Sequence[Subject]) -> Condition:
    """The kinds the caller may search; users only in its client data rooms. The plus keeps SQLite from walking over a whole kind."""
    names = tuple(subject.name for subject in allowed)
    kinds = Condition(f"+tab IN ({', '.join('?' * len(names))})", names)
    rooms = call.account.rooms.clients
    if rooms is ALL:
        return kinds
    clients = tuple(client for client in _clients(call) if client in rooms)
    marks = ", ".join("?" * len(clients))
    return Condition(f"{kinds.sql} AND (tab != 'users' OR client IN ({marks}))", kinds.params + clients)


def _clients(call: Call) -> dict[str, str]:
    return {row.ext_id: row.doc.get("name", "") for row in call.box.store.rows(CLIENTS, "client = ''")}


def _property_names(call: Call) -> list[str]:
    return [row.doc["name"] for row in call.box.store.rows(DEFINITIONS, "client = '' AND scope = 'USER_GLOBAL'")]


def _envelope(question: Question, total: int, hits: Sequence[Any], infos: Sequence[str] = ()) -> dict[str, Any]:
    response = {"totalResults": total, "from": question.start, "size": question.size, "hits": hits}
    return {"response": response, "messages": {"infos": infos} if infos else {}}


def _malformed(call: Call, error: _Malformed) -> Answer:
    if call.box.switches.query_error_shape == "errors":
        return Answer(400, {"errors": [{"code": f"errors.{error.code}", "message": error.message}]})
    return Answer(400, {"messages": {"errors": [error.message]}, "response": None})
