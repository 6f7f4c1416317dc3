"""The style `lucene`: a condition as a query of the query service, never narrower than the condition (mapping-format, section 3.5).

The index is made of words in lower case; ids and states are words as they stand. So a comparison becomes a phrase, a beginning the first
run of ASCII letters and digits with `*` behind it, and only `state` is exact. Queries are built from a tree: a value stands in quotation
marks with `\\` and `"` escaped, or consists of letters and digits, and can never become syntax.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.mapping.lens import Asked
from gateway.mapping.model import Mapping, Route
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.template import Lookup, Template
from gateway.plan.carried import path_in, property_of, root_of
from gateway.plan.condition import All, AnyOf, Condition, Constant, Opposite, Test, conjuncts
from gateway.plan.split import Share, Split, count
from gateway.plan.way import Pushed
from gateway.scim.comparison import instant

EXACT = frozenset(("state",))
KEYWORDS = frozenset(("extid", "state", "uniqueemail", "unit.extid", "profile.state", "credential.typeid"))
"""Fields that are one word as it stands: they mind case (query-service.md)."""
MOMENTS = frozenset(("created", "modified", "loginInfo.lastLogin", "loginInfo.lastFailure"))
LONGEST = 4000  # characters of one query; it travels in a URL
LONGEST_TERM = 200  # beyond some length the index cuts words, or does not keep them
WIDEST = 500  # clauses; Lucene refuses more than 1024
_WORD = re.compile(r"[A-Za-z0-9]+")
_LETTERS = frozenset(("Lu", "Ll", "Lt", "Lo", "Nd"))
_OPERATORS = frozenset(("AND", "OR", "NOT", "TO"))


@dataclass(frozen=True, slots=True)
class Query:
    """A piece of a query. `joint` True: it must stand in parentheses next to others."""

    text: str = field(repr=False)
    exact: bool
    pushed: tuple[Pushed, ...]
    unpushed: int = 0
    joint: bool = False

    @property
    def inner(self) -> str:
        """The text as a part of a larger one."""
        return f"({self.text})" if self.joint else self.text


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes conditions for one route. `doubted` fields are worth no more than a superset."""

    mapping: Mapping
    route: Route
    capabilities: Capabilities
    doubted: frozenset[str] = frozenset()

    def split(self, condition: Condition) -> Split:
        """Each top-level term with its query, if it has one."""
        shares = tuple(self._share(term) for term in conjuncts(condition))
        too_much = sum(len(share.lucene) for share in shares) > LONGEST
        if too_much or sum(len(share.pushed) for share in shares) > WIDEST:
            return Split(tuple(Share(share.term, (), False, count(share.term)) for share in shares))
        return Split(shares)

    def _share(self, term: Condition) -> Share:
        query = self.query(term)
        if query is None:
            return Share(term, (), False, count(term))
        return Share(term, query.pushed, query.exact, query.unpushed, lucene=query.text, joint=query.joint)

    def query(self, condition: Condition) -> Query | None:
        """The query of a condition; None where it would have to be everything."""
        match condition:
            case Test():
                return self._test(condition)
            case All(terms=terms):
                return self._all(terms)
            case AnyOf(terms=terms):
                return self._any(terms)
            case Opposite(term=term):
                return self._opposite(term)
            case Constant():
                return None

    def _all(self, terms: tuple[Condition, ...]) -> Query | None:
        found = [(term, self.query(term)) for term in terms]
        queries = [query for _, query in found if query is not None]
        if not queries:
            return None
        lost = sum(count(term) for term, query in found if query is None)
        exact = not lost and all(query.exact for query in queries)
        return _joined(" AND ", queries, exact, lost)

    def _any(self, terms: tuple[Condition, ...]) -> Query | None:
        queries = [query for term in terms if (query := self.query(term)) is not None]
        if len(queries) < len(terms):
            return None
        return _joined(" OR ", queries, all(query.exact for query in queries), 0)

    def _opposite(self, term: Condition) -> Query | None:
        """Only of what is exact: a superset turned round is a subset."""
        query = self.query(term)
        if query is None or not query.exact:
            return None
        return Query(f"*:* AND NOT {query.inner}", True, query.pushed, joint=True)

    def _test(self, test: Test) -> Query | None:
        field = self._field(test)
        if field is None or test.asked is None:
            return None
        if test.moment or field in MOMENTS:
            text = _range(field, test.asked) if field in MOMENTS else None
        else:
            text = _leaf(field, test.asked, self.capabilities.query_leading_wildcards)
        if text is None:
            return None
        exact = test.asked.exact and test.asked.op in ("eq", "in") and field in EXACT and field not in self.doubted
        value = ",".join(test.asked.values)
        return Query(text, exact, (Pushed(text, field, value, exact, source=test.source),))

    def _field(self, test: Test) -> str | None:
        """What the index calls the field: as the attribute says, or by the installation's spelling of properties."""
        if test.field is None or test.asked is None:
            return None
        if self.route.name in test.names:
            return test.names[self.route.name]
        name = property_of(path_in(self.mapping, root_of(self.mapping), test.field))
        spelling = self.capabilities.query_property_field
        return None if name is None or not spelling else _escaped(spelling.replace("{name}", name))


def with_scope(query: str, scope: Template | None, lookup: Lookup) -> str:
    """The query and-ed with the route's scope, whose holes become phrases. Raises KeyError for a hole nobody fills."""
    if scope is None:
        return query or "*:*"
    text = ""
    for part in scope.parts:
        if isinstance(part, str):
            text += part
            continue
        value = lookup(part.name)
        if value in (None, ""):
            raise KeyError(part.name)
        text += _phrase(str(value))
    return f"({query}) AND {text}" if query else text


def _joined(glue: str, queries: list[Query], exact: bool, lost: int) -> Query:
    pushed = tuple(each for query in queries for each in query.pushed)
    unpushed = lost + sum(query.unpushed for query in queries)
    if len(queries) == 1:
        return Query(queries[0].text, exact, pushed, unpushed, queries[0].joint)
    return Query(glue.join(query.inner for query in queries), exact, pushed, unpushed, joint=True)


def _leaf(field: str, asked: Asked, leading: bool) -> str | None:
    """One comparison; None if it cannot be said as a superset."""
    caseless = asked.case == "ignore"
    if caseless and field.lower() in KEYWORDS:
        return None
    if asked.op in ("eq", "in"):
        return _equal(field, asked.values)
    if asked.op == "sw":
        return _pattern(field, _leading_run(asked.values[0]), "", caseless)
    if asked.op == "co" and leading:
        return _pattern(field, _longest_run(asked.values[0]), "*", caseless)
    return None


def _equal(field: str, values: tuple[str, ...]) -> str | None:
    """The phrase, or one of several. A value without a letter or digit is no word to the index, so it cannot be asked."""
    if not values or not all(_is_words(value) for value in values):
        return None
    terms = [value if field in EXACT and _is_word(value) else _phrase(value) for value in values]
    return f"{field}:{terms[0]}" if len(terms) == 1 else f"{field}:({' OR '.join(terms)})"


def _pattern(field: str, run: str, before: str, caseless: bool) -> str | None:
    """Patterns are not analysed: words are indexed in lower case, ids as they stand; without knowing which, both are asked."""
    if not run or len(run) > LONGEST_TERM:
        return None
    spellings = [run.lower()] if caseless else list(dict.fromkeys((run, run.lower())))
    terms = [f"{before}{spelling}*" for spelling in spellings]
    return f"{field}:{terms[0]}" if len(terms) == 1 else f"{field}:({' OR '.join(terms)})"


def _range(field: str, asked: Asked) -> str | None:
    """Whole seconds, both ends included, one to spare above: however the index rounds, nobody is lost."""
    moment = _moment(asked.values[0]) if len(asked.values) == 1 else None
    if moment is None or asked.op not in ("eq", "gt", "ge", "lt", "le") or not 1000 <= moment.year < 9999:
        return None
    low = f"{moment:%Y%m%d%H%M%S}" if asked.op in ("gt", "ge", "eq") else "*"
    high = f"{moment + timedelta(seconds=1):%Y%m%d%H%M%S}" if asked.op in ("lt", "le", "eq") else "*"
    return f"{field}:[{low} TO {high}]"


def _moment(text: str) -> datetime | None:
    try:
        return instant(text).astimezone(UTC)
    except ValueError:
        return None


def _leading_run(text: str) -> str:
    found = _WORD.match(text)
    return found[0] if found else ""


def _longest_run(text: str) -> str:
    runs: Iterable[str] = _WORD.findall(text)
    return max(runs, key=len, default="")


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and text not in _OPERATORS


def _is_words(text: str) -> bool:
    return len(text) <= LONGEST_TERM and any(unicodedata.category(char) in _LETTERS for char in text)


def _phrase(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _escaped(field: str) -> str:
    """A property's name inside a field name."""
    return re.sub(r"[^A-Za-z0-9_.]", lambda found: "\\" + found[0], field)
