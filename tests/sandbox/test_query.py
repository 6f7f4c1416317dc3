"""The Query service over HTTP: envelope, hits, paging, order, errors, rights, lag, rebuild and off."""

import json
from typing import Any

import pytest

from gateway.sandbox import query
from gateway.sandbox.account import Rooms

QUERY = "/nevisidm/api/query/v1/"


@pytest.fixture
async def filled(nevis: Any) -> Any:
    """Five users in two clients."""
    people = [
        ("mmuster", "Muster", "Martina"),
        ("bjensen", "Jensen", "Barbara"),
        ("ajensen", "jensen", "Anna"),
        ("zoe", "Ärni", "Zoë"),
    ]
    for number, (login, family, given) in enumerate(people):
        email = f"{'BJensen' if login == 'bjensen' else login}@example.org"
        user = {"loginId": login, "name": {"familyName": family, "firstName": given}, "contacts": {"email": email}}
        await nevis.user(f"u-{number}", **user, properties={"costCentre": f"CC-{number}", "jobTitle": "Chief Engineer"})
    await nevis.made(
        "30/users", {"extId": "tech", "loginId": "bjensen", "isTechnicalUser": True, "name": {"familyName": "Jensen"}}
    )
    return nevis


async def ask(nevis: Any, q: str, what: str = "users", token: str = "all", **params: Any) -> Any:
    return await nevis.http.get(QUERY + what, params={"q": q, **params}, headers={"Authorization": f"Bearer {token}"})


async def found(nevis: Any, q: str, what: str = "users", token: str = "all", **params: Any) -> list[str]:
    reply = await ask(nevis, q, what, token, **params)
    assert reply.status_code == 200, reply.text
    return [hit["extid"] for hit in reply.json()["response"]["hits"]]


async def test_the_envelope_and_a_hit_look_as_documented(filled: Any) -> None:
    reply = await ask(filled, "loginid:mmuster")
    assert reply.status_code == 200
    body = reply.json()
    [hit] = body["response"].pop("hits")
    assert body == {"response": {"totalResults": 1, "from": 0, "size": 10}, "messages": {}}
    expected = {
        "extid": "u-0",
        "state": "active",
        "name": "Muster",
        "firstName": "Martina",
        "loginId": "mmuster",
        "dtoType": "USER",
    }
    assert {name: hit[name] for name in expected} == expected
    assert hit["properties"] == {"costCentre": "CC-0", "jobTitle": "Chief Engineer"}
    client = {"id": "100", "extid": "100", "name": "Default", "dtoType": "CLIENT", "_internalId": "100"}
    assert (hit["client"], hit["isTechnicalUser"], hit["id"]) == (client, False, f"100-{hit['_internalId']}")
    assert hit["telephone"] is None
    assert hit["_score"] > 0


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("loginid:bjensen", ["u-1", "tech"]),  # not bound to a client
        ("loginid:bjensen AND clientName:Default", ["u-1"]),
        ("loginid:bjensen AND client.extid:30", ["tech"]),
        ('email:"bjensen@example.org"', ["u-1"]),
        ('uniqueemail:"bjensen@example.org"', []),
        ('uniqueemail:"BJensen@example.org"', ["u-1"]),
        ("name:jen*", ["u-1", "u-2", "tech"]),
        ("name:ärni OR name:muster", ["u-0", "u-3"]),
        ("*:* AND NOT name:jensen", ["u-0", "u-3"]),
        ("NOT name:jensen", []),
        ("costCentre:\"CC-3\"", ["u-3"]),
        ("properties.costCentre:3", ["u-3"]),
        ("engineer AND zoë", ["u-3"]),
        ("state:disabled", []),
        ("created:[20260112081530 TO 20260112081530] AND extid:u*", ["u-0", "u-1", "u-2", "u-3"]),
    ],
)  # fmt: skip
async def test_queries_find(filled: Any, q: str, expected: list[str]) -> None:
    assert await found(filled, q) == expected


async def test_default_fields_take_the_terms_without_one(filled: Any) -> None:
    assert await found(filled, "jensen", df="loginid") == []
    assert await found(filled, "jensen", df=["loginid", "name"]) == ["u-1", "u-2", "tech"]


async def test_pages_by_from_and_size(filled: Any) -> None:
    assert await found(filled, "*:*", size=2) == ["u-0", "u-1"]
    reply = (await ask(filled, "*:*", **{"from": 3, "size": 2})).json()["response"]
    assert (reply["totalResults"], reply["from"], reply["size"], len(reply["hits"])) == (5, 3, 2, 2)
    assert await found(filled, "*:*", size=0) == []


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("email", ["u-2", "u-1", "u-0", "u-3", "tech"]),  # without regard to case; without a value comes last
        ('[{"email":"desc"}]', ["u-3", "u-0", "u-1", "u-2", "tech"]),
        ('["name",{"firstname":{"order":"desc"}}]', ["u-1", "u-2", "tech", "u-0", "u-3"]),
        ('{"firstname":"asc"}', ["u-2", "u-1", "u-0", "u-3", "tech"]),
    ],
)
async def test_hits_are_sorted(filled: Any, order: str, expected: list[str]) -> None:
    assert await found(filled, "*:*", s=order) == expected


@pytest.mark.parametrize("order", ["loginid", '["created"]', '[{"name":"up"}]', "[1]"])
async def test_other_orders_are_422(filled: Any, refusal: Any, order: str) -> None:
    assert refusal(await ask(filled, "*:*", s=order))[:2] == (422, "errors.invalidParameter")


async def test_more_matches_stand_first(filled: Any) -> None:
    assert (await found(filled, "jensen anna"))[0] == "u-2"


@pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": " "}])
async def test_without_q_it_is_400_in_the_documented_words(nevis: Any, params: dict[str, str]) -> None:
    reply = await nevis.http.get(f"{QUERY}users", params=params, headers={"Authorization": "Bearer all"})
    assert (reply.status_code, reply.json()) == (
        400,
        {"messages": {"errors": ["Parameter 'q' is mandatory."]}, "response": None},
    )


@pytest.mark.parametrize(
    "params",
    [{"q": "name:("}, {"q": "name:*x"}, {"q": "x", "from": "-1"}, {"q": "x", "size": "ten"}, {"q": "x", "s": "["}],
)
async def test_what_cannot_be_parsed_is_400_in_both_shapes(nevis: Any, params: dict[str, str]) -> None:
    reply = await nevis.http.get(f"{QUERY}users", params=params, headers={"Authorization": "Bearer all"})
    assert (reply.status_code, reply.json()["response"]) == (400, None)
    nevis.switch(query_error_shape="errors")
    reply = await nevis.http.get(f"{QUERY}users", params=params, headers={"Authorization": "Bearer all"})
    assert (reply.status_code, list(reply.json())) == (400, ["errors"])


async def test_leading_wildcards_are_a_switch(filled: Any) -> None:
    filled.switch(query_leading_wildcard=True)
    assert await found(filled, "loginid:*jens?n") == ["u-1", "u-2", "tech"]


async def test_a_field_that_is_not_indexed_is_422(nevis: Any, refusal: Any) -> None:
    assert refusal(await ask(nevis, "loginId:x")) == (
        422,
        "errors.fieldIsNotIndexed",
        "Field 'loginId' is not indexed.",
    )
    assert refusal(await ask(nevis, "x", df="language"))[:2] == (422, "errors.fieldIsNotIndexed")
    assert refusal(await ask(nevis, "loginid:x", "clients"))[:2] == (422, "errors.fieldIsNotIndexed")


@pytest.mark.parametrize("name", ["client", "unit", "profile", "credential", "loginInfo", "properties"])
async def test_a_parent_field_is_422(nevis: Any, refusal: Any, name: str) -> None:
    assert refusal(await ask(nevis, f"{name}:x"))[:2] == (422, "errors.fieldIsNotDirectlyIndexed")


async def test_a_window_that_is_too_large_is_422(nevis: Any, refusal: Any) -> None:
    assert (await ask(nevis, "*:*", **{"from": 9_990})).status_code == 200
    assert refusal(await ask(nevis, "*:*", **{"from": 9_991}))[:2] == (422, "errors.unsuccessfulQuery")


async def test_a_query_that_examines_too_many_times_out(
    filled: Any, refusal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "EXAMINED", 3)
    assert refusal(await ask(filled, "costCentre:cc AND extid:u*"))[:2] == (408, "errors.queryHasTimedOut")


async def test_off_is_404_or_422(nevis: Any, refusal: Any) -> None:
    for status in (404, 422):
        nevis.switch(query_enabled=False, query_disabled_status=status)
        assert refusal(await ask(nevis, "*:*"))[:2] == (status, "errors.queryServiceDisabled")


async def test_rebuilding_is_200_with_a_word_and_no_hits(filled: Any) -> None:
    filled.switch(query_rebuilding=True)
    body = (await ask(filled, "*:*")).json()
    assert (body["response"]["totalResults"], body["response"]["hits"]) == (0, [])
    assert len(body["messages"]["infos"]) == 1


async def test_without_login_it_is_401(nevis: Any) -> None:
    assert (await ask(nevis, "*:*", token="wrong")).status_code == 401


async def test_without_the_right_nothing_is_found(filled: Any) -> None:
    filled.account("blind", rights=frozenset({"AccessControl.ClientSearch"}))
    assert await found(filled, "*:*", token="blind") == []
    assert await found(filled, "*:*", "all", token="blind", df="extid") == ["100", "30", "60"]


async def test_only_the_client_data_room_bounds_users_and_nothing_else(filled: Any) -> None:
    rooms = Rooms(clients=frozenset({"30"}), units=frozenset(), applications=frozenset())
    filled.account("thirty", rooms=rooms)
    assert await found(filled, "*:*", token="thirty") == ["tech"]
    assert len(await found(filled, "*:*", "clients", token="thirty")) == 3


@pytest.mark.parametrize(
    ("what", "q", "expected", "kind"),
    [
        ("clients", "name:default", ["100"], "CLIENT"),
        ("applications", "extid:portal", ["portal"], "APPLICATION"),
        ("units", "name:emea AND clientName:Default", ["sales-emea"], "UNIT"),
        ("units", 'location:"zürich" AND extid:hr', ["hr"], "UNIT"),
        ("roles", "name:approver", ["payments-approver"], "ROLE"),
        ("all", "extid:portal", ["portal"], "APPLICATION"),
        ("all", "mmuster", ["u-0"], "USER"),
    ],
)
async def test_other_kinds_are_found(filled: Any, what: str, q: str, expected: list[str], kind: str) -> None:
    assert await found(filled, q, what) == expected
    assert (await ask(filled, q, what)).json()["response"]["hits"][0]["dtoType"] == kind


async def test_a_write_is_found_when_the_lag_is_over(filled: Any) -> None:
    assert await found(filled, "loginid:renamed") == []
    filled.switch(query_lag_seconds=5)
    await filled.changed("100/users/u-0", {"loginId": "renamed"})
    assert (await found(filled, "loginid:mmuster"), await found(filled, "loginid:renamed")) == (["u-0"], [])
    filled.later(seconds=5)
    assert (await found(filled, "loginid:mmuster"), await found(filled, "loginid:renamed")) == ([], ["u-0"])


async def test_a_deleted_user_is_found_until_the_lag_is_over_and_an_endless_lag_freezes(filled: Any) -> None:
    assert await found(filled, "extid:u-0") == ["u-0"]
    filled.switch(query_lag_seconds=float("inf"))
    assert (await filled("DELETE", "100/users/u-0")).status_code == 204
    filled.later(days=1000)
    assert await found(filled, "extid:u-0") == ["u-0"]
    filled.switch(query_lag_seconds=0)
    assert await found(filled, "extid:u-0") == []


async def test_units_roles_credentials_and_logins_of_a_user_are_searchable(filled: Any) -> None:
    await filled.made("100/users/u-0/profiles", {"extId": "p-0", "unitExtId": "sales", "name": "Main profile"})
    await filled.made("100/users/u-0/password", {"password": "Correct-horse-1", "stateName": "active"})
    await filled("POST", "/nevisidm/api/auth/v1/100/users/u-0/password/login", {"password": "Correct-horse-1"})
    for q in ("unit.extid:sales", "unit.name:sales", 'profile.name:"main profile"', "credential.typeId:Password"):
        assert await found(filled, q) == ["u-0"], q
    assert await found(filled, "loginInfo.lastLogin:[20260112081530 TO *]") == ["u-0"]
    assert (await found(filled, "*:*", s=json.dumps(["loginInfo.lastLogin"])))[0] == "u-0"


@pytest.mark.parametrize(
    "text",
    ["\0", "a" * 5000, "😀", '"\\', "name:" + "(" * 500, "ext" + "id:\U0010ffff*", "[* TO *]", "name:{* TO \0}", "%"],
)
@pytest.mark.parametrize("name", ["q", "df", "from", "size", "s"])
async def test_whatever_is_asked_is_answered(filled: Any, name: str, text: str) -> None:
    for what in ("users", "all"):
        assert (await ask(filled, **{"q": "anna", "what": what, name: text})).status_code < 500
