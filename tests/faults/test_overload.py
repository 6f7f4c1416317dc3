"""More than nevisIDM can take: what there is room for is answered, the rest is told 503 at once, and afterwards all is as before."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from gateway.edge.caller.tokens import digest
from gateway.edge.crowd import DEPARTURE
from gateway.errors import ScimError
from gateway.events import Forsaken, Shed
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Timeouts
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from gateway.nevisidm.places import Departure, Full
from tests import raw
from tests.faults.conftest import MakeUpstream, Upstream

AT_ONCE, WAITING = 4, 8
ONE = "/admin/v1/Users/u-1001"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


class Jam:
    """Before nevisIDM: calls get through when the way is free."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.free = asyncio.Event()

    async def __call__(self, *call: Any) -> None:
        await self.free.wait()
        await self.app(*call)


@pytest.fixture
async def jammed(make_upstream: MakeUpstream) -> Callable[..., Awaitable[tuple[Upstream, Jam]]]:
    async def make(at_once: int, waiting: int, **settings: Any) -> tuple[Upstream, Jam]:
        made = await make_upstream(**settings)
        jam = Jam(made.wrapper)
        client = Client(
            HttpxEngine(httpx.ASGITransport(app=jam)),
            "http://sandbox",
            bearer("technical"),
            timeouts=Timeouts(connect=30.0, read=30.0),
            max_connections=at_once,
            max_waiting=waiting,
            events=made.world.context.events,
        )
        made.world.change(client=client)
        return made, jam

    return make


Narrow = tuple[Upstream, Jam]


@pytest.fixture
async def narrow(jammed: Callable[..., Awaitable[tuple[Upstream, Jam]]]) -> tuple[Upstream, Jam]:
    """Four calls at once, eight may wait, and none gets through yet."""
    callers = [
        {"subject": name, "token_sha256": digest(name), "roles": ["Identity Domain Administrator"]}
        for name in ("flood", "other")
    ]
    return await jammed(AT_ONCE, WAITING, callers=callers)


class Storm:
    """Many requests at once, in the order of their ends."""

    def __init__(self, upstream: Upstream) -> None:
        self.world = upstream.world
        self.ended: list[tuple[str, httpx.Response]] = []

    async def ask(self, name: str, method: str = "GET", path: str = ONE, body: Any = None) -> None:
        headers = {"Authorization": f"Bearer {name}"}
        self.ended.append((name, await self.world.send(method, path, body, **headers)))

    async def until(self, ended: int) -> None:
        """As soon as so many have ended."""
        async with asyncio.timeout(20):
            while len(self.ended) < ended:
                await asyncio.sleep(0.01)

    @property
    def codes(self) -> list[int]:
        return [answer.status_code for _, answer in self.ended]


SERVED = AT_ONCE + WAITING


async def test_what_there_is_no_room_for_is_told_so_before_anything_else_is_answered(narrow: Narrow) -> None:
    upstream, jam = narrow
    storm = Storm(upstream)
    asked = asyncio.gather(*(storm.ask("flood") for _ in range(40)))
    await storm.until(40 - SERVED)
    assert storm.codes == [503] * (40 - SERVED)
    refused = storm.ended[0][1]
    assert int(refused.headers["retry-after"]) >= 1
    assert 'details="GW503"' in refused.headers["proxy-status"]
    assert refused.json()["status"] == "503"
    assert sum(isinstance(event, Shed) for event in storm.world.events) == 40 - SERVED
    jam.free.set()
    await asked
    assert storm.codes[40 - SERVED :] == [200] * SERVED
    after = Storm(upstream)
    await asyncio.gather(*(after.ask("flood") for _ in range(SERVED)))
    assert after.codes == [200] * SERVED


async def test_one_caller_that_floods_does_not_keep_another_out(narrow: Narrow) -> None:
    upstream, jam = narrow
    storm = Storm(upstream)
    flood = asyncio.gather(*(storm.ask("flood") for _ in range(40)))
    await storm.until(40 - SERVED)
    other = asyncio.gather(*(storm.ask("other") for _ in range(4)))
    await storm.until(44 - SERVED)  # four of the flood made room
    assert {name for name, _ in storm.ended} == {"flood"}
    jam.free.set()
    await asyncio.gather(flood, other)
    assert [answer.status_code for name, answer in storm.ended if name == "other"] == [200] * 4


async def test_a_write_of_several_calls_that_was_begun_is_finished_or_refused_whole(narrow: Narrow) -> None:
    upstream, jam = narrow
    storm = Storm(upstream)
    people = [
        {
            "schemas": [USER],
            "userName": f"p{number}",
            "name": {"givenName": "P", "familyName": "Q"},
            "emails": [{"value": f"p{number}@example.org", "type": "work", "primary": True}],
            "password": "Correct-Horse-9",
        }
        for number in range(24)
    ]
    asked = asyncio.gather(*(storm.ask("flood", "POST", "/admin/v1/Users", each) for each in people))
    await storm.until(24 - SERVED)
    jam.free.set()
    await asked
    assert storm.codes == [503] * (24 - SERVED) + [201] * SERVED
    assert upstream.half_done() == []
    address = '/admin/v1/Users?filter=userName sw "p"&attributes=userName&count=100'
    found = await upstream.world.send("GET", address, Authorization="Bearer other")
    names = {each["userName"] for each in found.json()["Resources"]} & {each["userName"] for each in people}
    assert names == {answer.json()["userName"] for _, answer in storm.ended if answer.status_code == 201}


async def test_a_caller_that_will_not_wait_is_told_before_those_who_do(narrow: Narrow) -> None:
    upstream, jam = narrow
    storm = Storm(upstream)
    flood = asyncio.gather(*(storm.ask("flood") for _ in range(SERVED)))
    await asyncio.sleep(0.1)
    hurried = await upstream.world.send("GET", ONE, Authorization="Bearer other", Prefer="wait=0")
    assert hurried.status_code in (503, 504)
    assert storm.ended == []
    jam.free.set()
    await flood
    assert storm.codes == [200] * SERVED


class Caller:
    """One whose connection the gateway can see end."""

    def __init__(self, world: Any) -> None:
        self._app = world.app
        self.departure = Departure()
        self.events: list[Any] = []

    async def app(self, scope: Any, *rest: Any) -> None:
        await self._app({**scope, "extensions": {DEPARTURE: self.departure}}, *rest)

    def ask(self, method: str, path: str, body: Any = None) -> asyncio.Task[Any]:
        headers = {"authorization": "Bearer flood"}
        return asyncio.create_task(raw.send(self, method, path, orjson.dumps(body) if body else b"", headers))


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_what_who_is_gone_had_asked_is_not_read_any_more(narrow: Narrow) -> None:
    upstream, jam = narrow
    world = upstream.world
    storm = Storm(upstream)
    busy = asyncio.gather(*(storm.ask("other") for _ in range(AT_ONCE)))
    await settle()
    callers = [Caller(world) for _ in range(WAITING)]
    change = {"schemas": [raw.PATCH_OP], "Operations": [{"op": "replace", "path": "displayName", "value": "Other"}]}
    asked = [each.ask("PATCH", ONE, change) for each in callers[:2]] + [each.ask("GET", ONE) for each in callers[2:]]
    await settle()
    stays = asyncio.create_task(storm.ask("other"))
    for each in callers:
        each.departure.happen()
    assert {(await each).status for each in asked} == {503}  # said to nobody
    assert [type(event) for event in world.events].count(Forsaken) == WAITING
    assert not any(isinstance(event, Shed) for event in world.events)
    world.box.journal.clear()
    world.box.journal.on = True
    jam.free.set()
    await asyncio.gather(busy, stays)
    assert storm.codes == [200] * (AT_ONCE + 1)
    assert len(upstream.calls()) == AT_ONCE + 1


@pytest.mark.parametrize("how", ["alone", "bulk"])
async def test_a_change_that_was_begun_is_made_though_who_asked_is_gone(
    how: str, jammed: Callable[..., Awaitable[tuple[Upstream, Jam]]]
) -> None:
    upstream, jam = await jammed(1, WAITING)
    caller, storm = Caller(upstream.world), Storm(upstream)
    change = {"schemas": [raw.PATCH_OP], "Operations": [{"op": "replace", "path": "displayName", "value": "Other"}]}
    one = {"method": "PATCH", "path": "/Users/u-1001", "data": change}
    two = {"method": "PATCH", "path": "/Users/u-1002", "data": change}
    whole = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [one, two]}
    target, method, body = (ONE, "PATCH", change) if how == "alone" else ("/admin/v1/Bulk", "POST", whole)
    asked = asyncio.create_task(raw.send(caller, method, target, orjson.dumps(body)))
    await settle()
    others = [asyncio.create_task(storm.ask("caller-token")) for _ in range(3)]
    await settle()
    caller.departure.happen()
    jam.free.set()
    assert (await asked).status < 300
    await asyncio.gather(*others)
    for name in ("u-1001", "u-1002") if how == "bulk" else ("u-1001",):
        found = await upstream.world.send("GET", f"/admin/v1/Users/{name}")
        assert found.json()["displayName"] == "Other"


async def test_what_was_refused_is_gone_without_the_collector(narrow: Narrow) -> None:
    """Thousands of them a second would keep it busy, and everybody waits while it looks."""
    upstream, jam = narrow

    def there() -> int:
        return sum(isinstance(each, Refusal | Full | ScimError) for each in gc.get_objects())

    storm = Storm(upstream)
    flood = asyncio.gather(*(storm.ask("flood") for _ in range(SERVED)))
    await settle()
    gc.disable()
    try:
        before = there()
        assert (await Caller(upstream.world).ask("GET", ONE)).status == 503
        await settle()
        assert there() <= before
    finally:
        gc.enable()
    jam.free.set()
    await flood


async def test_who_was_told_that_there_is_no_place_is_told_so_at_the_turnstile_for_a_moment(narrow: Narrow) -> None:
    upstream, jam = narrow
    storm = Storm(upstream)
    flood = asyncio.gather(*(storm.ask("flood") for _ in range(40)))
    await storm.until(40 - SERVED)
    crowd = upstream.world.app.state.crowd
    upstream.world.context.client._places._held = 1.0
    hurried = await upstream.world.send("GET", ONE, Authorization="Bearer other", Prefer="wait=0")
    assert hurried.status_code in (503, 504)
    assert not crowd.is_refused(crowd.known([(b"authorization", b"Bearer other")]))  # it was its own doing
    await storm.ask("flood")
    assert crowd.is_refused(crowd.known([(b"authorization", b"Bearer flood")]))
    jam.free.set()
    await flood


async def test_too_many_requests_at_the_door_are_told_so_before_they_are_read(
    jammed: Callable[..., Awaitable[tuple[Upstream, Jam]]],
) -> None:
    upstream, jam = await jammed(64, 256, limits={"requests": 5})
    asked = [asyncio.ensure_future(upstream.world.send("GET", "/scim/v2/Users/u-1001")) for _ in range(12)]
    done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    assert {each.result().headers["proxy-status"] for each in done} == {'scim-gateway; details="GW509"'}
    assert next(iter(done)).result().headers["retry-after"] == "1"
    jam.free.set()
    codes = [(await each).status_code for each in asked]
    assert (codes.count(200), codes.count(503)) == (5, 7)
    assert (await upstream.world.send("GET", "/scim/v2/Users/u-1001")).status_code == 200
