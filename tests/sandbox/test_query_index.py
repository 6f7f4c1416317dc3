"""The index finds exactly what the evaluation of each document finds, and follows the store as late as it is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sandbox import query_sql
from gateway.sandbox.lucene import parse
from gateway.sandbox.lucene_match import Document, Kind, Matcher, UnknownField, check
from gateway.sandbox.lucene_tree import Query, Unparsable
from gateway.sandbox.query_entry import Entry
from gateway.sandbox.query_index import Index, coded, decoded
from gateway.sandbox.query_sql import Narrower, client_document
from gateway.sandbox.query_subject import CLIENT_FIELDS, SUBJECTS
from gateway.sandbox.store import Store
from gateway.sandbox.table import CLIENTS, CREDENTIALS, PROFILES, UNITS, USERS

USERS_FIELDS = {**SUBJECTS["users"].fields, "properties.costCentre": Kind.TEXT}
NAMES = ["Anna", "anna maria", "Müller", "Müller-Jensen", "O'Brien", "Jensen", "山田", "😀", "A*B?C", "e\u0301a"]


@dataclass
class Time:
    """A clock that stands until it is moved."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 12, 8, 15, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    @property
    def millis(self) -> int:
        return int(self.now.timestamp() * 1000)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(time: Time) -> Iterator[Store]:
    made = Store(clock=time)
    made.insert(CLIENTS, "", "100", {"extId": "100", "name": "Default"})
    made.insert(UNITS, "100", "sales", {"extId": "sales", "name": "Sales North", "location": "Bern"})
    yield made
    made.close()


def ext_ids(index: Index) -> list[str]:
    return [entry.ext_id for _, entry in index.entries("tab = 'users'", (), "ext_id", 100)]


def found(index: Index, text: str) -> list[str]:
    """What the condition finds, checked where it is a superset."""
    query = parse(text)
    narrower = Narrower(index, USERS_FIELDS, {"100": "Default", "30": "Api"})
    made = narrower.narrow(query)
    if made is None:
        return []
    hits = [entry for _, entry in index.entries(f"tab = 'users' AND ({made.sql})", made.params, "ext_id", 1000)]
    expected = [entry for _, entry in index.entries("tab = 'users'", (), "ext_id", 1000) if _score(query, entry) > 0]
    names = [entry.ext_id for entry in hits]
    if made.exact:
        assert names == [entry.ext_id for entry in expected], f"{text} as {made}"
    else:
        assert set(names) >= {entry.ext_id for entry in expected}, f"{text} as {made}"
    return [entry.ext_id for entry in expected]


def _score(query: Query, entry: Entry) -> float:
    names = {"100": "Default", "30": "Api"}
    document: Document = {**entry.document(), **client_document(entry.client, names[entry.client])}
    return Matcher(document, USERS_FIELDS, apart=CLIENT_FIELDS).score(query) or 0.0


def people() -> list[dict[str, Any]]:
    return [
        {
            "extId": f"u-{number}",
            "loginId": f"{'User' if number % 3 else 'chief'}{number}",
            "userState": "disabled" if number % 5 == 0 else "active",
            "name": {"firstName": NAMES[number % 7], "familyName": NAMES[number % 10]},
            "contacts": {"email": f"user{number}@Example.org"} | ({"mobile": "+41790000001"} if number % 2 else {}),
            "properties": {"costCentre": f"CC {number % 4}"} if number % 3 else {},
            "profiles": [{"unitExtId": "sales"}] if number % 4 else [],
            "credentials": [{"type": "Generic", "identification": f"badge-{number}"}] if number % 6 == 0 else [],
        }
        for number in range(40)
    ]


FIELDS = ["loginid", "name", "firstname", "email", "uniqueemail", "extid", "state", "unit.name", "unit.extid", "mobile"]
FIELDS += ["credential.typeId", "profile.state", "properties.costCentre", "clientName", "client.extid", "remarks"]
WORDS = [
    "anna",
    "Anna",
    "müller",
    "jensen",
    "u-1",
    "u-13",
    "active",
    "sales",
    "user7",
    "user7@example.org",
    "chief3",
    "cc",
    "Default",
]
WORDS += ["100", "Generic", "!!!", "41790000001", "User7@Example.org", "山田", "b"]

texts = st.sampled_from(WORDS).map(lambda word: f'"{word}"')
patterns = st.sampled_from(
    ["us*", "u-1*", "*ser7", "a?na", "s*les", "*", "mül*", "Us*", "act*ve", "Gen*", "u?1", "100*", "d*"]
)
leaf = st.one_of(
    texts,
    patterns,
    st.sampled_from(
        [
            '"anna maria"~2',
            '"müller jensen"',
            '"jensen müller"~3',
            "jansen~1",
            "[a TO m]",
            "{active TO *}",
            "[u-1 TO u-2}",
        ]
    ),
)
clauses = st.builds(lambda name, text: f"{name}:{text}", st.sampled_from(FIELDS), leaf) | texts | patterns
queries = st.recursive(
    clauses,
    lambda inner: st.builds(
        lambda parts, signs, glue: "(" + glue.join(sign + part for sign, part in zip(signs, parts, strict=False)) + ")",
        st.lists(inner, min_size=1, max_size=3),
        st.lists(st.sampled_from(["", "+", "-"]), min_size=3, max_size=3),
        st.sampled_from([" ", " OR ", " AND "]),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def filled() -> Iterator[Index]:
    store = Store(clock=Time())
    store.insert(CLIENTS, "", "100", {"extId": "100", "name": "Default"})
    store.insert(UNITS, "100", "sales", {"extId": "sales", "name": "Sales North", "location": "Bern"})
    store.add_users("100", people())
    store.add_users("30", [{"extId": "gateway", "loginId": "gateway", "name": {"familyName": "Default Jensen"}}])
    index = Index(store)
    index.catch_up(float("inf"))
    yield index
    store.close()


@given(queries)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_index_loses_nobody_and_finds_nobody_else(filled: Index, text: str) -> None:
    found(filled, text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("loginid:chief3", 1),
        ("extid:u-1*", 11),
        ('name:"müller jensen"', 4),
        ('unit.name:"sales north"', 30),
        ("unit.extid:sales AND state:disabled", 6),
        ("properties.costCentre:3", 6),
        ("credential.typeId:Generic", 7),
        ("clientName:Default", 40),
        ("clientName:Api", 1),
        ("mobile:*", 20),
        ("*:* AND NOT mobile:*", 21),
        ("loginid:*ef3?", 4),
    ],
)
def test_known_queries_find_as_many_as_there_are(filled: Index, text: str, count: int) -> None:
    assert len(found(filled, text)) == count


def test_a_change_enters_the_index_when_its_lag_is_over(store: Store, time: Time) -> None:
    index = Index(store)
    row = store.insert(USERS, "100", "u-1", {"extId": "u-1", "loginId": "one", "userState": "active"})
    index.catch_up(time.millis - 1)
    assert ext_ids(index) == []
    index.catch_up(time.millis)
    assert ext_ids(index) == ["u-1"]
    before = time.millis
    time.now += timedelta(seconds=10)
    store.update(USERS, row, {**row.doc, "loginId": "two"})
    index.catch_up(before)
    assert found(index, "loginid:one") == ["u-1"]
    index.catch_up(time.millis)
    assert (found(index, "loginid:one"), found(index, "loginid:two")) == ([], ["u-1"])


def test_a_deleted_user_stays_until_the_lag_is_over(store: Store, time: Time) -> None:
    index = Index(store)
    row = store.insert(USERS, "100", "u-1", {"extId": "u-1", "loginId": "one", "userState": "active"})
    index.catch_up(time.millis)
    time.now += timedelta(seconds=1)
    store.delete(USERS, row)
    index.catch_up(time.millis - 1)
    assert found(index, "loginid:one") == ["u-1"]
    index.catch_up(time.millis)
    assert (found(index, "loginid:one"), ext_ids(index)) == ([], [])


def test_profiles_credentials_and_units_change_their_users(store: Store, time: Time) -> None:
    index = Index(store)
    store.insert(USERS, "100", "u-1", {"extId": "u-1", "loginId": "one", "userState": "active"})
    index.catch_up(time.millis)
    profile = {"extId": "p", "userExtId": "u-1", "unitExtId": "sales", "name": "first", "profileState": "active"}
    store.insert(PROFILES, "100", "p", profile, parent="u-1")
    store.insert(CREDENTIALS, "100", "c", {"extId": "c", "_type": "SecurId"}, parent="u-1")
    index.catch_up(time.millis)
    assert found(index, 'profile.name:first AND unit.name:"sales north" AND credential.typeId:SecurId') == ["u-1"]
    unit = store.find(UNITS, "100", "sales")
    assert unit is not None
    store.update(UNITS, unit, {**unit.doc, "name": "Purchase"})
    index.catch_up(time.millis)
    assert (found(index, "unit.name:purchase"), found(index, "unit.name:sales")) == (["u-1"], [])


def test_what_was_stored_before_there_was_an_index_is_found(store: Store, time: Time) -> None:
    store.insert(USERS, "100", "u-1", {"extId": "u-1", "loginId": "one", "userState": "active"})
    index = Index(store)
    index.catch_up(time.millis)
    Index(store).catch_up(time.millis)
    assert ext_ids(index) == ["u-1"]


def test_a_rolled_back_write_leaves_no_trace(store: Store, time: Time) -> None:
    index = Index(store)
    store.connection.execute("BEGIN")
    store.insert(USERS, "100", "u-1", {"extId": "u-1", "loginId": "one", "userState": "active"})
    store.connection.execute("ROLLBACK")
    index.catch_up(time.millis)
    assert ext_ids(index) == []


@given(st.text(max_size=20), st.text(max_size=20))
def test_coding_a_keyword_keeps_prefixes_and_can_be_undone(head: str, tail: str) -> None:
    assert decoded(coded(head)) == head
    assert coded(head + tail).startswith(coded(head))


@given(st.text(alphabet="aé:\"\\*?+-!&|()[]{}^~/<>' AND OR NOT TO name§¤\n\x00", max_size=30))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_can_be_parsed_can_be_searched(filled: Index, text: str) -> None:
    try:
        query = parse(text)
        check(query, USERS_FIELDS)
    except (Unparsable, UnknownField):
        return
    found(filled, text)


@given(queries)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_patterns_that_fit_too_many_words_lose_nobody(filled: Index, text: str) -> None:
    most, query_sql._MOST_WORDS = query_sql._MOST_WORDS, 1
    try:
        found(filled, text)
    finally:
        query_sql._MOST_WORDS = most
