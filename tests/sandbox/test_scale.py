"""What makes a large directory as quick as a small one: every look-up is an index search. Shown on the query plan, not on a clock."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.sandbox.account import Account
from gateway.sandbox.app import sandbox
from gateway.sandbox.secret import hash_secret
from gateway.sandbox.store import Store
from gateway.sandbox.table import CREDENTIALS, PROFILES, USERS

COUNT = 20_000


def people(count: int) -> Iterator[dict[str, Any]]:
    hashed = hash_secret("Geheim-2026")
    for number in range(count):
        yield {
            "extId": f"u{number:05}",
            "loginId": f"login{number * 7919 % count:05}",
            "name": {"firstName": f"First{number % 97}", "familyName": f"Family{number % 503}"},
            "contacts": {"email": f"User{number}@Example.org"},
            "properties": {"employee_id": str(number), "department": f"d{number % 5}"},
            "created": 1_700_000_000_000 + number,
            "profiles": [{"unitExtId": "sales", "authorizations": [{"roleExtId": "portal-reader"}]}],
            "credentials": [
                {"type": "Password", "hash": hashed, "policyExtId": "100-PwdPolicy"},
                {"type": "Generic", "identification": f"db{number}"},
            ],
        }


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path: Path = tmp_path_factory.mktemp("sandbox") / "nevis.db"
    app = sandbox(token="all", store=Store(str(path)))
    box = app.state.sandbox
    assert box.store.add_users("100", people(COUNT)) == COUNT
    yield app
    box.store.close()


async def asked(app: Any, path: str) -> tuple[Any, list[str]]:
    """The answer and the plans of every SELECT on the two large tables that it took."""
    store, statements = app.state.sandbox.store, []
    store.connection.set_trace_callback(statements.append)
    try:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://n", headers={"Authorization": "Bearer all"}
        ) as http:
            reply = await http.get(f"/nevisidm/api/core/v1/{path}")
    finally:
        store.connection.set_trace_callback(None)
    assert reply.status_code == 200
    selects = [
        text
        for text in statements
        if text.startswith("SELECT") and ("FROM users" in text or "FROM credentials" in text)
    ]
    plans = [row[3] for text in selects for row in store.connection.execute(f"EXPLAIN QUERY PLAN {text}")]
    return reply.json(), plans


@pytest.mark.parametrize(
    ("path", "index", "count"),
    [
        ("100/users/u12345", "client=? AND ext_id=?", None),
        ("clients/100/users?extId=u12345", "client=? AND ext_id=?", 1),
        ("clients/100/users?loginId=login00042", "client=? AND login_id=?", 1),
        ("clients/100/users?loginId_IEQ=LOGIN00042", "client=? AND login_id_l=?", 1),
        ("clients/100/users?loginId_SW=login0012", "client=? AND login_id>? AND login_id<?", 10),
        ("clients/100/users?contacts.email=User77@Example.org", "client=? AND email=?", 1),
        ("clients/100/users?contacts.email_IEQ=user77@example.ORG", "client=? AND email_l=?", 1),
        ("clients/100/users?contacts.email_SW=User1234", "client=? AND email>? AND email<?", 11),
        ("clients/100/users?name.familyName=Family42", "client=? AND family_name=?", 40),
        ("clients/100/users?name.familyName_IEQ=FAMILY42", "client=? AND family_name_l=?", 40),
        ("clients/100/users?name.firstName=First5&limit=10", "client=? AND first_name=?", 10),
        ("clients/100/users?employee_id=777", "client=? AND ext_id=?", 1),
        ("clients/100/users?limit=10", "users_client_created_ext_id (client=?)", 10),
        (
            "clients/100/users?limit=10&continuationToken=1700000015000_u15000",
            "client=? AND (created,ext_id)>(?,?)",
            10,
        ),
        ("clients/100/users?limit=10&offset=100", "users_client_created_ext_id (client=?)", 10),
        ("clients/100/users?limit=10&sortBy=loginId_DESC", "users_client_login_id (client=?)", 10),
        ("clients/100/users?limit=10&sortBy=name.familyName", "users_client_family_name_created_ext_id (client=?)", 10),
        ("clients/100/users?limit=10&sortBy=lastModified_DESC", "users_client_modified_created_ext_id (client=?)", 10),
        ("clients/100/users?limit=10&loginId_SW=login", "users_client_created_ext_id (client=?)", 10),
        ("clients/100/users?limit=10&department=d3", "users_client_created_ext_id (client=?)", 10),
        ("clients/100/generic-credentials?identification=db777", "client=? AND identification=?", 1),
        ("clients/100/generic-credentials?identification_IEQ=DB777", "client=? AND identification_l=?", 1),
        ("clients/100/generic-credentials?userExtId=u00777", "client=? AND parent=?", 1),
        ("clients/100/generic-credentials?limit=10", "credentials_client_created_ext_id_only (client=?)", 10),
        ("100/users/u00777/credentials", "client=? AND parent=?", 2),
    ],
)
async def test_a_look_up_searches_an_index_and_sorts_little(
    large: Any, path: str, index: str, count: int | None
) -> None:
    answer, plans = await asked(large, path)
    assert count is None or len(answer["items"]) == count
    assert any(index in plan for plan in plans), plans
    assert not any(plan.startswith("SCAN users") or plan.startswith("SCAN credentials") for plan in plans), plans
    if "limit=10" in path:
        assert not any("TEMP B-TREE" in plan for plan in plans), plans


async def test_an_unfiltered_total_reads_no_user(large: Any) -> None:
    answer, plans = await asked(large, "clients/100/users?returnTotalResultCount=true&limit=1")
    assert answer["_pagination"]["totalResult"] == COUNT
    assert len(plans) == 1, plans


async def test_bulk_people_are_whole(large: Any) -> None:
    store = large.state.sandbox.store
    assert [store.count(USERS, "100"), store.count(CREDENTIALS, "100", ["Generic"])] == [COUNT, COUNT]
    [profile] = store.children(PROFILES, "100", "u00007")
    assert (profile.doc["unitExtId"], profile.doc["profileState"], profile.doc["name"]) == (
        "sales",
        "active",
        "login15433",
    )
    user, _ = await asked(large, "100/users/u00007")
    assert user == {
        "created": "2023-11-14T22:13:20Z",
        "lastModified": "2023-11-14T22:13:20Z",
        "version": 1,
        "userState": "active",
        "isTechnicalUser": False,
        "clientExtId": "100",
        "extId": "u00007",
        "loginId": "login15433",
        "name": {"firstName": "First7", "familyName": "Family7"},
        "contacts": {"email": "User7@Example.org"},
        "properties": {"employee_id": "7", "department": "d2"},
    }


def test_a_file_keeps_what_was_written(tmp_path: Path) -> None:
    path = str(tmp_path / "nevis.db")
    first = sandbox(store=Store(path)).state.sandbox
    first.store.add_users("100", people(3))
    first.store.close()
    second = sandbox(store=Store(path)).state.sandbox
    assert second.store.count(USERS, "100") == 3
    assert second.store.find(USERS, "100", "u00002") is not None
    assert next(iter(second.accounts.values())) == Account()
    second.store.close()
