"""Tenants: each request is bound to one nevisIDM client, and no filter, id, path, header or bulk reference leads to another.

Every address that the gateway calls while it answers is recorded, so that nothing has to be believed.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.edge.caller.tokens import digest
from gateway.errors import ConfigError
from gateway.events import RequestEnded

pytestmark = pytest.mark.anyio

ADMIN = "Identity Domain Administrator"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
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
                for number, known in enumerate(guard._passes):
                    if known.account.tenant == "60":
                        strange = type(known.account)("there", known.account.roles, "999")
                        guard._passes = (*guard._passes[:number], type(known)(strange, known.digest))
    refused = await town.ask("there", "GET", "/scim/v2/Users")
    assert (refused.status_code, town.clients()) == (403, set())
