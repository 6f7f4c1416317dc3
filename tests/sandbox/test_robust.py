"""Whatever is sent, the sandbox answers: never an exception, never a 5xx, and the store stays whole."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sandbox.app import sandbox
from gateway.sandbox.clock import millis, parse_moment, stamp
from gateway.sandbox.table import USERS

NASTY = ["", "\0", "' OR 1=1 --", "%", "_", "日本", "a" * 5000, "..", "{}", '"', "\\", "\U0010ffff", "퟿", "-1", "1e999"]
VALUES = [None, "", 0, -1, 10**15, 1.5, True, [], {}, [[]], {"": ""}, "\0", "x" * 5000, {"a": {"b": {"c": []}}}]
ENDPOINTS = [one for one in sandbox().state.endpoints if "/auth/" not in one.path]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.id)
async def test_nasty_bodies_and_parameters_are_answered(nevis: Any, endpoint: Any) -> None:
    await nevis.user("user-123")
    await nevis.made("100/users/user-123/profiles", {"extId": "p"})
    known = {
        "clientExtId": "100",
        "userExtId": "user-123",
        "profileExtId": "p",
        "extId": "user-123",
        "unitExtId": "root",
    }
    path = endpoint.path
    for name, value in {**known, "extId": "100" if "/clients/" in path else "user-123"}.items():
        path = path.replace(f"{{{name}}}", value)
    names = [
        "extId",
        "name",
        "properties",
        "validity",
        "version",
        "password",
        "identification",
        "user",
        "profile",
        "parameters",
    ]
    for value in VALUES:
        body = dict.fromkeys(names, value) if endpoint.method != "GET" else None
        for one in (body, {"properties": {"jobTitle": value}}, value) if body else (None,):
            reply = await nevis(endpoint.method, path.replace("{", "").replace("}", ""), one)
            assert reply.status_code < 500
    for text in NASTY:
        query = "&".join(
            f"{name}={quote(text)}"
            for name in ("limit", "offset", "sortBy", "continuationToken", "loginId_SW", quote(text))
        )
        reply = await nevis(endpoint.method, path.replace("{extId}", quote(text, safe="")) + f"?{query}")
        assert reply.status_code < 500


FIELDS = ["loginId", "extId", "name.familyName", "name.firstName", "contacts.email", "address.city", "remarks"]
WORDS = st.sampled_from(["a", "A", "ab", "Ab", "aB", "b", "é", "É", "ß", "a'b", "%", "_", "a b", "퟿", "\U0001f600", ""])


def value_at(user: Any, name: str) -> Any:
    for part in name.split("."):
        user = (user or {}).get(part)
    return user


def fits(user: Any, name: str, modifier: str, wanted: str) -> bool:
    value = value_at(user, name)
    if value is None:
        return False
    tests = {"": value == wanted, "_SW": value.startswith(wanted), "_IEQ": value.lower() == wanted.lower()}
    return tests[modifier]


PEOPLE = st.lists(st.fixed_dictionaries({}, optional={name: WORDS.filter(bool) for name in FIELDS[2:]}), max_size=8)
FILTERS = st.dictionaries(st.tuples(st.sampled_from(FIELDS), st.sampled_from(["", "_SW", "_IEQ"])), WORDS, max_size=3)


def document(number: int, flat: dict[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {"extId": f"u{number}", "loginId": f"{'aA'[number % 2]}{number}"}
    for name, value in flat.items():
        head, _, tail = name.partition(".")
        if tail:
            made.setdefault(head, {})[tail] = value
        else:
            made[head] = value
    return made


@given(people=PEOPLE, filters=FILTERS, order=st.sampled_from([None, *FIELDS]), few=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_list_finds_who_fits_by_every_condition_and_pages_lose_nobody(
    monkeypatch: pytest.MonkeyPatch, people: Any, filters: Any, order: Any, few: bool
) -> None:

    monkeypatch.setattr("gateway.sandbox.condition.FEW", 2000 if few else -1)
    app = sandbox(token="all")
    store = app.state.sandbox.store
    users = [document(number, flat) for number, flat in enumerate(people)]
    store.add_users("100", users)
    query = {f"{name}{modifier}": wanted for (name, modifier), wanted in filters.items()}
    if order:
        query["sortBy"] = order
    found: list[str] = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://n", headers={"Authorization": "Bearer all"}
    ) as http:
        while True:
            params = {**query, "limit": "2", "offset": str(len(found)), "returnTotalResultCount": "true"}
            page = (await http.get("/nevisidm/api/core/v1/clients/100/users", params=params)).json()
            found += [item["extId"] for item in page["items"]]
            if len(page["items"]) < 2:
                break
    expected = {user["extId"] for user in users if all(fits(user, *key, wanted) for key, wanted in filters.items())}
    assert (set(found), len(found), page["_pagination"]["totalResult"]) == (expected, len(expected), len(expected))
    assert store.count(USERS, "100") == len(users)
    store.close()


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-01-12T08:15:30Z", "9999-12-31T23:59:59Z"]
)
def test_moments_survive_the_way_in_and_out(text: str) -> None:
    assert stamp(parse_moment(text)) == text


def test_a_moment_without_zone_is_utc_and_others_are_converted() -> None:
    assert stamp(parse_moment("2026-01-12T08:15:30")) == "2026-01-12T08:15:30Z"
    assert stamp(parse_moment("2026-01-12T08:15:30.999+01:00")) == "2026-01-12T07:15:30Z"
    assert millis(datetime.fromisoformat("2026-01-12T08:15:30.001+00:00")) % 1000 == 1
