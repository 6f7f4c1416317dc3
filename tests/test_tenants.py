"""Tenants: each request is bound to one nevisIDM client, and no filter, id, path, header or bulk reference leads to another.

Every address that the gateway calls while it answers is recorded, so that nothing has to be believed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from gateway.edge.caller.tokens import digest
from gateway.errors import ConfigError
from gateway.events import RequestEnded
from tests import raw

pytestmark = pytest.mark.anyio

ADMIN = "Identity Domain Administrator"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
BEARER = {"authorization": "Bearer here"}
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
NEIGHBOUR = {"client": "60", "hosts": ["ADMIN.example"], "prefix": "/neighbour"}
Ask = Callable[..., Awaitable[Any]]


class Town:
    """A gateway for clients 100 and 60 with a caller bound to each, and every path that it called."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.called: list[str] = []
        engine = world.context.client._engine
        sent = engine.exchange

        async def exchange(method: str, url: str, *rest: Any) -> Any:
            self.called.append(url)
            return await sent(method, url, *rest)

        engine.exchange = exchange

    async def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return await self.world.send(method, path, body, Authorization=f"Bearer {who}", **headers)

    def clients(self) -> set[str]:
        """The clients that were called since the last look, by what the paths say; the query service by its scope."""
        found = set()
        for url in self.called:
            found |= set(re.findall(r"/core/v1/(?:clients/)?(\d+)(?:/|\?|$)", url))
            if "/query/v1/" in url:
                found.add("60" if "AND%20clientName%3A%22Admin%22" in url else "100")
        self.called.clear()
        return found


@pytest.fixture
async def town(make_world: Any) -> Town:
    callers = [
        {"subject": "here", "token_sha256": digest("here"), "roles": [ADMIN]},
        {"subject": "there", "token_sha256": digest("there"), "roles": [ADMIN], "tenant": "60"},
    ]
    return Town(await make_world(users=6, callers=callers, tenants=[NEIGHBOUR]))


def person(name: str) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Nel", "familyName": "Neighbour"},
        "emails": [{"type": "work", "value": f"{name}@example.org"}],
    }


async def moved_in(town: Town) -> str:
    made = await town.ask("there", "POST", "/scim/v2/Users", person("nel"))
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_a_bound_caller_has_its_tenant_and_no_other(town: Town) -> None:
    found = await moved_in(town)
    assert town.clients() == {"60"}
    assert (await town.ask("there", "GET", f"/scim/v2/Users/{found}")).status_code == 200
    people = (await town.ask("there", "GET", '/scim/v2/Users?filter=userName sw "n" or userName pr')).json()
    assert [each["userName"] for each in people["Resources"]] == ["nel"]
    assert town.clients() == {"60"}
    assert (await town.ask("here", "GET", f"/scim/v2/Users/{found}")).status_code == 404
    assert (await town.ask("here", "GET", '/scim/v2/Users?filter=userName eq "nel"')).json()["totalResults"] == 0
    assert town.clients() == {"100"}


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/neighbour/scim/v2/Users", {}), ("/scim/v2/Users", {"Host": "admin.example:8443"}), ("/scim/v2/Users", {})],
)
async def test_addresses_of_a_tenant_are_for_its_callers(town: Town, path: str, headers: dict[str, str]) -> None:
    found = await moved_in(town)
    town.clients()
    page = (await town.ask("there", "GET", f"{path}?count=1", **headers)).json()
    host = headers.get("Host", "gateway.example")
    assert page["Resources"][0]["meta"]["location"] == f"http://{host}{path}/{found}"
    assert town.clients() == {"60"}
    foreign = await town.ask("here", "GET", path, **headers)
    if path.startswith("/neighbour") or headers:
        assert (foreign.status_code, foreign.json()["detail"][:18]) == (403, "You have no access")
        assert town.clients() == set()


@pytest.mark.parametrize("place", ["", "/scim/v2", "/admin/v1"])
async def test_the_description_stands_below_a_tenants_prefix_for_its_callers(town: Town, place: str) -> None:
    found = await town.ask("there", "GET", f"/neighbour{place}/openapi.json")
    assert (found.status_code, found.json()["servers"]) == (200, [{"url": "http://gateway.example/neighbour"}])
    assert (await town.ask("here", "GET", f"/neighbour{place}/openapi.json")).status_code == 403
    usual = await town.ask("here", "GET", f"{place}/openapi.json")
    assert usual.json()["servers"] == [{"url": "http://gateway.example"}]
    assert usual.json()["paths"] == found.json()["paths"]


async def test_each_request_s_event_names_its_tenant(town: Town) -> None:
    for who, path in (("here", "/scim/v2/Users"), ("there", "/neighbour/scim/v2/Users"), ("there", "/openapi.json")):
        await town.ask(who, "GET", path)
    await town.ask("here", "GET", "/neighbour/scim/v2/Users")
    await town.ask("nobody", "GET", "/scim/v2/Users")
    ended = [event.tenant for event in town.world.events if isinstance(event, RequestEnded)]
    assert ended == ["100", "60", "60", "", ""]


@pytest.mark.parametrize("prefix", ["/nobody", "/neighbour/neighbour", "/scim/v2", "/%6eeighbour"])
async def test_another_prefix_is_nobodys(town: Town, prefix: str) -> None:
    answer = await town.ask("there", "GET", f"{prefix}/admin/v1/Users")
    assert answer.status_code == 404
    assert town.clients() == set()


async def test_ids_and_paths_lead_nowhere_else(town: Town) -> None:
    found = await moved_in(town)
    town.clients()
    for id_ in (
        f"../../60/users/{found}",
        f"..%2F..%2F60%2Fusers%2F{found}",
        f"60~{found}",
        f"60%2F{found}",
        f"{found}%3Fclient%3D60",
        f"{found}%23",
        f"x%2F..%2F..%2F..%2F60%2Fusers%2F{found}",
    ):
        for verb, body in (("GET", None), ("DELETE", None), ("PUT", person("nel"))):
            answer = await town.ask("here", verb, f"/scim/v2/Users/{id_}", body)
            assert answer.status_code in (404, 405, 400), (verb, id_, answer.text)
    assert town.clients() <= {"100"}
    assert (await town.ask("there", "GET", f"/scim/v2/Users/{found}")).status_code == 200


async def test_filters_lead_nowhere_else(town: Town) -> None:
    await moved_in(town)
    town.clients()
    for text in (
        'userName eq "nel"',
        'userName eq "nel\\" OR clientName:\\"Admin"',
        'userName sw "nel" or clientExtId eq "60"',
        'userName co ") OR (clientName:Admin"',
        'name.familyName eq "Neighbour&clientExtId=60"',
    ):
        body = {"schemas": [SEARCH], "filter": text}
        answer = (await town.ask("here", "POST", "/scim/v2/Users/.search", body)).json()
        assert not answer.get("Resources"), text
    assert town.clients() <= {"100"}


async def test_headers_lead_nowhere_else(town: Town) -> None:
    found = await moved_in(town)
    town.clients()
    for headers in (
        {"X-Forwarded-Host": "admin.example"},
        {"X-Forwarded-Prefix": "/neighbour"},
        {"X-Original-URL": "/neighbour/scim/v2/Users"},
        {"X-Tenant": "60"},
        {"ClientExtId": "60"},
    ):
        assert (await town.ask("here", "GET", f"/scim/v2/Users/{found}", **headers)).status_code == 404
    assert town.clients() == {"100"}


async def test_bulks_and_retries_lead_nowhere_else(town: Town) -> None:
    found = await moved_in(town)
    town.clients()
    operations = [
        {"method": "DELETE", "path": f"/neighbour/scim/v2/Users/{found}"},
        {"method": "DELETE", "path": f"/Users/{found}"},
        {"method": "POST", "path": "/UserGenericCredentials", "bulkId": "a", "data": {"user": {"value": found}}},
    ]
    done = (await town.ask("here", "POST", "/scim/v2/Bulk", {"schemas": [BULK], "Operations": operations})).json()
    assert all(str(each["status"]) in ("400", "404") for each in done["Operations"]), done
    elsewhere = [{"method": "DELETE", "path": f"http://admin.example/scim/v2/Users/{found}"}]
    refused = await town.ask("here", "POST", "/scim/v2/Bulk", {"schemas": [BULK], "Operations": elsewhere})
    assert refused.status_code == 400
    assert town.clients() <= {"100"}
    first = await town.ask("there", "POST", "/admin/v1/Users", person("twice"), opc_retry_token="t")
    second = await town.ask("here", "POST", "/admin/v1/Users", person("twice"), opc_retry_token="t")
    assert first.json()["id"] != second.json()["id"]
    assert town.clients() == {"60", "100"}


async def test_a_cursor_of_one_tenant_is_no_cursor_of_another(town: Town) -> None:
    page = (await town.ask("here", "GET", "/scim/v2/Users?count=2&cursor")).json()
    taken = await town.ask("there", "GET", f"/scim/v2/Users?count=2&cursor={page['nextCursor']}")
    assert (taken.status_code, taken.json()["scimType"]) == (400, "invalidCursor")


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ({"tenants": [{"client": "100"}]}, "stands there twice"),
        ({"tenants": [NEIGHBOUR, {"client": "30", "prefix": "/neighbour"}]}, "/neighbour stands there twice"),
        ({"tenants": [NEIGHBOUR, {"client": "30", "hosts": ["admin.example"]}]}, "admin.example stands there twice"),
        ({"callers": [{"subject": "x", "token": "x", "roles": [ADMIN], "tenant": "61"}]}, "61, which is not served"),
    ],
)
async def test_settings_that_contradict_themselves_are_findings(
    make_world: Any, said: dict[str, Any], cure: str
) -> None:
    with pytest.raises(ConfigError, match=cure):
        await make_world(users=0, **said)


async def test_a_token_for_a_tenant_that_is_not_served_is_403(town: Town) -> None:
    for route in town.world.app.routes:
        if hasattr(route.app, "gate"):
            for guard in route.app.gate._guards:
                for digest, known in guard._admissions.items():
                    if known.account.tenant == "60":
                        strange = type(known.account)("there", known.account.roles, "999")
                        guard._admissions[digest] = type(known)(strange)
    refused = await town.ask("there", "GET", "/scim/v2/Users")
    assert (refused.status_code, town.clients()) == (403, set())


# Every door of a request, tried with what belongs to the neighbour. In each case the neighbour's record stays as it was.

TYPES = ("Users", "Groups", "UserGenericCredentials", "UserDbCredentials", "UserCredentials", "Apps", "Grants")


async def neighbours(town: Town) -> tuple[str, str, Any]:
    """A person of the neighbour's, one of its credentials, and what is stored of the person."""
    person_id = await moved_in(town)
    made = await town.ask(
        "there",
        "POST",
        "/scim/v2/UserGenericCredentials",
        {
            "schemas": ["urn:ietf:params:scim:schemas:nevisidm:2.0:UserGenericCredentials"],
            "user": {"value": person_id},
            "identification": "badge-60",
        },
    )
    assert made.status_code == 201, made.text
    stored = (await town.ask("there", "GET", f"/scim/v2/Users/{person_id}")).json()
    town.clients()
    return person_id, str(made.json()["id"]), stored


async def untouched(town: Town, person_id: str, stored: Any) -> None:
    """Only our own client was called, and the neighbour's person is as before."""
    assert town.clients() <= {"100"}
    assert (await town.ask("there", "GET", f"/scim/v2/Users/{person_id}")).json() == stored
    town.clients()


@pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
async def test_no_id_of_a_neighbour_is_an_id_here(town: Town, root: str) -> None:
    person_id, credential_id, stored = await neighbours(town)
    spellings = [person_id, credential_id, f"{person_id}~badge-60", f"60~{person_id}"]
    for kind in TYPES:
        for id_ in spellings:
            assert (await town.ask("here", "GET", f"{root}/{kind}/{id_}")).status_code in (400, 404, 501), (kind, id_)
    patch = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "Stolen"}]}
    for path in (f"/Users/{person_id}", f"/UserGenericCredentials/{credential_id}"):
        for verb, body in (("PATCH", patch), ("PUT", person("nel")), ("DELETE", None)):
            assert (await town.ask("here", verb, root + path, body)).status_code in (400, 404), (verb, path)
    await untouched(town, person_id, stored)


@pytest.mark.parametrize(
    "id_",
    [
        "..%2f..%2f60%2fusers%2f{}",
        "%2e%2e/%2e%2e/60/users/{}",
        "%2E%2E%2F60%2Fusers%2F{}",
        "..%252f60%252fusers%252f{}",
        "..;/60/users/{}",
        "..%5c60%5cusers%5c{}",
        ".%2e/{}",
        "./{}",
        "%2f60%2fusers%2f{}",
        "u-1001%2f..%2f..%2f..%2f60%2fusers%2f{}",
        "u-1001/../../60/users/{}",
        "{}%00",
        "{}%0d%0aHost:%20admin.example",
        "{}%3FclientExtId=60",
        "%C0%AE%C0%AE%C0%AF60%C0%AFusers%C0%AF{}",
        "\uff0e\uff0e\uff0f60\uff0fusers\uff0f{}",
    ],
)
async def test_no_encoding_of_a_slash_or_dot_leads_out_of_the_tenant(town: Town, id_: str) -> None:
    person_id, _, stored = await neighbours(town)
    for where in ("/scim/v2/Users", "/admin/v1/UserGenericCredentials", "/scim/v2"):
        for verb, body in (("GET", None), ("DELETE", None), ("PATCH", {"schemas": [PATCH], "Operations": []})):
            answer = await raw.send(
                town.world,
                verb,
                f"{where}/{id_.format(person_id)}",
                b"" if body is None else orjson.dumps(body),
                BEARER,
            )
            assert answer.status in (400, 403, 404, 405, 501), (verb, where, answer.body)
    await untouched(town, person_id, stored)


async def test_the_query_service_by_itself_keeps_nobody_apart(town: Town) -> None:
    """What the next test stands on: without its scope the same search finds the neighbour's people."""
    await moved_in(town)
    transport = httpx.ASGITransport(app=town.world.inner)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as nevis:
        asked = {"q": "loginid:nel", "size": "5"}
        headers = {"Authorization": "Bearer technical"}
        found = await nevis.get("/nevisidm/api/query/v1/users", params=asked, headers=headers)
    assert "nel" in found.text, found.text


@pytest.mark.parametrize("attribute", ["name.familyName", "emails.value", "displayName", f"{NEVIS}:unit"])
@pytest.mark.parametrize("operator", ["eq", "sw", "co"])
async def test_no_value_of_a_filter_breaks_out_of_the_query_service(town: Town, attribute: str, operator: str) -> None:
    """Lucene's own signs in a value stay a value: the scope of the tenant is no part that a caller could close."""
    person_id, _, stored = await neighbours(town)
    town.world.change(
        capabilities=dataclasses.replace(
            town.world.context.capabilities, query_first=True, query_leading_wildcards=True
        )
    )
    for value in (
        'nel" OR clientName:"Admin',
        "nel) OR (clientName:Admin",
        "nel\\",
        'nel\\" OR clientName:*',
        "* OR clientName:Admin",
        "nel && clientName:Admin || nel",
        'nel" AND NOT clientName:"Default',
        "[* TO *]} OR clientName:Admin",
        "nel~2 /.*/ ^5 clientName:Admin",
        "nel%22%20OR%20clientName:Admin",
        "\u201cnel\u201d OR clientName:Admin",
    ):
        spelt = f"{attribute} {operator} {orjson.dumps(value).decode()}"
        for text in (spelt, f"{spelt} and active eq true"):
            body = {"schemas": [SEARCH], "filter": text, "count": 50}
            answer = await town.ask("here", "POST", "/scim/v2/Users/.search", body)
            names = [each.get("userName") for each in answer.json().get("Resources", [])]
            assert "nel" not in names, text
    scopes = [url for url in town.called if "/query/v1/" in url]
    assert scopes or (attribute, operator) == ("name.familyName", "eq"), "the list of users answers that one"
    assert all("clientName%3A%22Default%22" in url for url in scopes)
    await untouched(town, person_id, stored)


async def test_no_bulk_reference_leads_out_of_the_tenant(town: Town) -> None:
    person_id, credential_id, stored = await neighbours(town)
    paths = [
        f"/Users/bulkId:a/../../../60/users/{person_id}",
        f"/Users/..%2f..%2f60%2fusers%2f{person_id}",
        f"/neighbour/scim/v2/Users/{person_id}",
        f"//admin.example/scim/v2/Users/{person_id}",
        f"/Users/{person_id}",
        f"/UserGenericCredentials/{credential_id}",
        "/Users/bulkId:b",
    ]
    first = {"method": "POST", "path": "/Users", "bulkId": "a", "data": person("insider")}
    sly = {"method": "POST", "path": "/Users", "bulkId": f"../../60/users/{person_id}", "data": person("other")}
    for path in paths:
        operations = [first, sly, {"method": "DELETE", "path": path}]
        done = await town.ask("here", "POST", "/scim/v2/Bulk", {"schemas": [BULK], "Operations": operations})
        if done.status_code == 200:
            assert str(done.json()["Operations"][-1]["status"]) in ("400", "404"), (path, done.text)
        else:
            assert done.status_code == 400
    member = {"schemas": [GROUP], "displayName": "crew", "members": [{"value": person_id}]}
    operations = [{"method": "POST", "path": "/Groups", "bulkId": "g", "data": member}]
    done = await town.ask("here", "POST", "/scim/v2/Bulk", {"schemas": [BULK], "Operations": operations})
    assert "20" not in str(done.json()["Operations"][0]["status"])[:2], done.text
    await untouched(town, person_id, stored)


async def test_no_reference_in_a_body_leads_out_of_the_tenant(town: Town) -> None:
    person_id, _, stored = await neighbours(town)
    for kind, body in (
        ("UserGenericCredentials", {"user": {"value": person_id}, "identification": "mine"}),
        ("UserGenericCredentials", {"user": {"value": f"../../60/users/{person_id}"}, "identification": "mine"}),
        ("Users", {**person("sly"), "manager": {"value": person_id}, "clientExtId": "60"}),
        ("PasswordAuthenticator", {"mappingAttribute": "id", "mappingAttributeValue": person_id, "password": "x"}),
        ("PasswordAuthenticator", {"mappingAttribute": "userName", "mappingAttributeValue": "nel", "password": "x"}),
    ):
        answer = await town.ask("here", "POST", f"/admin/v1/{kind}", body)
        assert answer.status_code in (400, 401, 404) or kind == "Users", (kind, answer.text)
    await untouched(town, person_id, stored)


async def test_searching_in_all_types_stays_in_the_tenant(town: Town) -> None:
    person_id, credential_id, stored = await neighbours(town)
    for text in (f'id eq "{person_id}"', f'id eq "{credential_id}"', 'meta.resourceType eq "User" and id pr'):
        body = {"schemas": [SEARCH], "filter": text, "count": 100}
        found = (await town.ask("here", "POST", "/scim/v2/.search", body)).json().get("Resources", [])
        assert not {person_id, credential_id} & {each["id"] for each in found}, text
    await untouched(town, person_id, stored)


async def test_me_is_nobody_of_another_tenant(town: Town) -> None:
    """A caller of ours with an account is no person at all; somebody's own login goes to the tenant of the address and is judged there."""
    person_id, _, stored = await neighbours(town)
    for headers in ({}, {"X-Token": "x"}):
        for path in ("/scim/v2/Me", "/neighbour/scim/v2/Me", f"/neighbour/scim/v2/Users/{person_id}"):
            answer = await town.ask("here", "GET", path, **headers)
            assert answer.status_code in (401, 403, 404), (path, headers, answer.text)
    stranger = await town.ask("own-login-of-100", "GET", "/neighbour/scim/v2/Me")
    assert stranger.status_code in (401, 403, 404)
    town.clients()
    await untouched(town, person_id, stored)


async def test_tags_of_a_neighbour_open_nothing(town: Town) -> None:
    person_id, _, stored = await neighbours(town)
    tag = stored["meta"]["version"]
    for headers in ({"If-Match": tag}, {"If-None-Match": tag}, {"If-Match": "*"}):
        assert (await town.ask("here", "GET", f"/scim/v2/Users/{person_id}", **headers)).status_code == 404
        assert (await town.ask("here", "DELETE", f"/scim/v2/Users/{person_id}", **headers)).status_code == 404
    await untouched(town, person_id, stored)


async def test_a_neighbours_cursor_is_refused_in_every_form(town: Town) -> None:
    person_id, _, stored = await neighbours(town)
    await town.ask("there", "POST", "/scim/v2/Users", person("nora"))
    page = (await town.ask("there", "GET", "/scim/v2/Users?count=1&cursor")).json()
    town.clients()
    cursor = page["nextCursor"]
    for path in (f"/scim/v2/Users?count=1&cursor={cursor}", f"/admin/v1/Users?limit=1&page={cursor}"):
        assert (await town.ask("here", "GET", path)).status_code == 400
    body = {"schemas": [SEARCH], "cursor": cursor, "count": 1}
    assert (await town.ask("here", "POST", "/scim/v2/Users/.search", body)).status_code == 400
    assert town.clients() == set()
    await untouched(town, person_id, stored)
