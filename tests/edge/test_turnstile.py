"""Too many requests, and too many connections, over sockets: told at once, in SCIM, on a connection that stays or ends as it should."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from gateway.edge.connection import Leaving
from gateway.edge.crowd import DEPARTURE, Crowd, check_connections
from gateway.edge.impatient import HOLD, LOOK
from gateway.edge.turnstile import STEP, Line
from gateway.errors import Unavailable
from gateway.nevisidm.places import Departure
from gateway.running.listening import configuration
from gateway.scim.dialect import IDCS, RFC

Ask = Callable[..., Awaitable[tuple[int, dict[str, str], Any]]]


ONE = "GET /scim/v2/Users/1 HTTP/1.1"


class Slow:
    """An application whose requests stay until they are let go; as the gateway's, it has a crowd."""

    def __init__(self, most: int) -> None:
        self.turned_away: list[int] = []
        self.state = self
        self.crowd = Crowd(most, (RFC, IDCS), self.turned_away.append)
        self.go = asyncio.Event()
        self.there = 0
        self.departures: list[Departure] = []

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        self.there += 1
        self.departures.append(scope["extensions"][DEPARTURE])
        status = b"{}"
        code = 200
        try:
            with self.crowd:
                check_connections(scope)
                await self.go.wait()
        except Unavailable:
            code = 503
        await send({"type": "http.response.start", "status": code, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": status})


class Peer:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def asked(self) -> tuple[int, dict[str, str], Any]:
        self.send()
        return await self.answer()

    def send(self, head: str = ONE, *more: str, body: str = "") -> None:
        self.writer.write("\r\n".join((head, "Host: here", *more, "", body)).encode())

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode().splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        return (
            int(head[0].split()[1]),
            headers,
            json.loads(await self.reader.readexactly(int(headers["content-length"]))),
        )


class House:
    """A server with a slow application, and its callers."""

    def __init__(self, app: Slow, leaving: Leaving, port: int, line: Line) -> None:
        self.app, self.leaving, self.port, self.line = app, leaving, port, line
        self.peers: list[Peer] = []

    async def peer(self) -> Peer:
        self.peers.append(Peer(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.peers[-1]

    async def inside(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.app.there < count:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def house(most: int, connections: int | None = None) -> AsyncIterator[House]:
    app = Slow(most)
    config = configuration(app, "127.0.0.1", 0, connections=connections)
    server = uvicorn.Server(config)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    kind: Any = config.http
    made = House(app, config.leaving, server.servers[0].sockets[0].getsockname()[1], kind.func.line)
    try:
        yield made
    finally:
        app.go.set()
        for each in made.peers:
            each.writer.close()
        await server.shutdown()


async def test_who_finds_it_full_is_told_at_once_and_may_ask_again() -> None:
    async with house(1) as place:
        first, second = await place.peer(), await place.peer()
        first.send()
        await place.inside(1)
        second.send()
        status, headers, body = await second.answer()
        assert (status, headers["retry-after"], headers["proxy-status"]) == (503, "1", 'scim-gateway; details="GW509"')
        assert (body["status"], body["schemas"]) == ("503", ["urn:ietf:params:scim:api:messages:2.0:Error"])
        assert (headers["content-type"], headers["x-content-type-options"]) == ("application/scim+json", "nosniff")
        assert len(headers["x-request-id"]) == 32
        assert place.app.there == 1  # it has not even been seen
        second.send("GET /admin/v1/Users HTTP/1.1")
        status, headers, body = await second.answer()
        assert (status, "opc-request-id" in headers) == (503, True)
        place.app.go.set()
        assert (await first.answer())[0] == 200
        second.send()
        assert (await second.answer())[0] == 200  # the same connection


async def test_who_says_again_what_it_said_is_refused_and_served_as_before() -> None:
    """Heads that come again are taken from memory: it stands before the turnstile, not beside it."""
    async with house(2) as place:
        first, second, third = await place.peer(), await place.peer(), await place.peer()
        third.send("GET /scim/v2/Users/1 HTTP/1.1")
        await place.inside(1)
        first.send()
        await place.inside(2)
        for path in ("/scim/v2/Users/1", "/scim/v2/Users/2", "/admin/v1/Users/1"):
            second.send(f"GET {path} HTTP/1.1")
            status, headers, _ = await second.answer()
            assert (status, "opc-request-id" in headers) == (503, path.startswith("/admin"))
        assert place.app.there == 2
        place.app.go.set()
        for each in (third, first, second):
            if each is second:
                each.send()
            assert (await each.answer())[0] == 200
            each.send("GET /scim/v2/Users/7 HTTP/1.1")
            assert (await each.answer())[0] == 200


async def test_how_many_were_turned_away_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.crowd.EVERY", 0.05)
    monkeypatch.setattr("gateway.edge.impatient.HOLD", 0.0)
    async with house(1) as place:
        first, second = await place.peer(), await place.peer()
        first.send()
        await place.inside(1)
        for _ in range(3):
            second.send()
            await second.answer()
        await asyncio.sleep(0.1)
        assert place.app.turned_away == [3]


async def test_who_comes_again_sooner_than_it_was_told_hears_the_next_no_later_and_soon_enough() -> None:
    async with house(1) as place:
        first, second = await place.peer(), await place.peer()
        first.send()
        await place.inside(1)
        took = []
        for _ in range(3):
            began = time.monotonic()
            second.send()
            status, headers, _ = await second.answer()
            took.append(time.monotonic() - began)
            assert (status, headers["retry-after"]) == (503, "1")
        assert took[0] < HOLD / 2
        assert HOLD - LOOK <= min(took[1:]) < 0.1  # a busy machine may be late now and then


@pytest.mark.parametrize("pause", [None, 0.01])
async def test_what_is_asked_behind_a_no_that_is_held_back_keeps_its_turn(
    pause: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.edge.impatient.HOLD", 0.4)  # a busy machine must not be late for it
    async with house(1) as place:
        first, second = await place.peer(), await place.peer()
        first.send()
        await place.inside(1)
        second.send()
        assert (await second.asked())[0] == 503
        second.send()
        if pause is not None:
            await asyncio.sleep(pause)
        second.send()
        await asyncio.sleep(0.02)
        place.app.go.set()
        assert [(await second.answer())[0] for _ in range(2)] == [503, 200]


async def test_a_no_that_is_held_back_when_the_server_stops_ends_the_connection() -> None:
    async with house(1) as place:
        first, second = await place.peer(), await place.peer()
        first.send()
        await place.inside(1)
        assert (await second.asked())[0] == 503
        second.send()
        await asyncio.sleep(HOLD / 4)
        place.leaving.set()
        status, headers, _ = await second.answer()
        assert (status, headers["connection"], await second.reader.read()) == (503, "close", b"")


async def test_who_leaves_before_its_no_came_is_told_nothing() -> None:
    async with house(1) as place:
        first, second = await place.peer(), await place.peer()
        first.send()
        await place.inside(1)
        second.send()
        await second.answer()
        second.send()
        await asyncio.sleep(HOLD / 4)
        second.writer.close()
        await asyncio.sleep(HOLD)
        assert (await (await place.peer()).asked())[0] == 503  # and nothing has broken
        place.app.go.set()
        assert (await first.answer())[0] == 200


async def test_who_was_refused_inside_is_refused_outside_for_a_moment_and_others_are_not() -> None:
    async with house(10) as place:
        place.app.crowd.refuse("Bearer flood", 0.1)
        place.app.crowd.refuse("", 10.0)
        place.app.go.set()
        flood, other, nobody = [await place.peer() for _ in range(3)]
        flood.send(ONE, "Authorization: Bearer flood")
        other.send(ONE, "Authorization: Bearer other")
        nobody.send(ONE)
        assert [(await each.answer())[0] for each in (flood, other, nobody)] == [503, 200, 200]
        await asyncio.sleep(0.1)
        flood.send(ONE, "Authorization: Bearer flood")
        assert (await flood.answer())[0] == 200


async def test_who_waits_in_the_line_when_its_caller_is_told_no_is_told_so_too_but_for_bodies() -> None:
    async with house(10) as place:
        line: Line = place.line
        line._begun = STEP  # none more in this turn
        flood, other, writer = [await place.peer() for _ in range(3)]
        flood.send(ONE, "Authorization: Bearer flood")
        other.send(ONE, "Authorization: Bearer other")
        writer.send("POST /scim/v2/Users HTTP/1.1", "Authorization: Bearer flood", "Content-Length: 2", body="{}")
        async with asyncio.timeout(5):
            while len(line) < 3:
                await asyncio.sleep(0.005)
        place.app.crowd.refuse("Bearer flood", 10.0)
        line._turn(asyncio.get_running_loop())
        code, headers, said = await flood.answer()
        assert (code, headers["retry-after"], said["status"]) == (503, "1", "503")
        await place.inside(2)
        place.app.go.set()
        assert [(await each.answer())[0] for each in (other, writer)] == [200, 200]
        assert place.app.there == 2
        place.app.crowd._refused.clear()
        assert (await flood.asked())[0] == 200  # on the same connection


def test_of_those_who_were_refused_only_so_many_are_remembered() -> None:
    crowd = Crowd(1)
    for number in range(5_000):
        crowd.refuse(f"Bearer {number}", 10.0)
    assert len(crowd._refused) <= 1_000
    assert crowd.is_refused(crowd.known([(b"authorization", b"Bearer 4999")]))


async def test_a_request_can_see_that_who_asked_is_gone() -> None:
    async with house(2) as place:
        peer, other = await place.peer(), await place.peer()
        for each in (peer, other):
            each.send()
        await place.inside(2)
        departure, stays = place.app.departures
        assert not departure.happened
        peer.writer.close()
        async with asyncio.timeout(5):
            while not departure.happened:
                await asyncio.sleep(0.001)
        assert not stays.happened


@pytest.mark.parametrize(
    ("head", "more", "body"),
    [
        ("POST /scim/v2/Users HTTP/1.1", ("Content-Length: 2",), "{}"),
        ("DELETE /scim/v2/Users/1 HTTP/1.1", ("Content-Length: 2",), "{}"),
        ("GET /oauth2/v1/keys HTTP/1.1", (), ""),
        ("GET /scim/v2/Users HTTP/1.1", ("Connection: close",), ""),
        ("GET /scim/v2/Users HTTP/1.0", (), ""),
    ],
)
async def test_all_else_is_refused_by_the_application(head: str, more: tuple[str, ...], body: str) -> None:
    async with house(1) as place:
        first, second = await place.peer(), await place.peer()
        first.send()
        await place.inside(1)
        second.send(head, *more, body=body)
        assert (await second.answer())[::2] == (503, {})
        assert place.app.there == 2


async def test_a_request_behind_one_that_is_not_answered_yet_keeps_its_turn() -> None:
    async with house(1) as place:
        peer = await place.peer()
        peer.send()
        peer.send("GET /scim/v2/Users/2 HTTP/1.1")
        await place.inside(1)
        place.app.go.set()
        assert [(await peer.answer())[0] for _ in range(2)] == [200, 200]


async def test_a_connection_too_many_is_told_so_and_ends() -> None:
    async with house(10, connections=2) as place:
        peers = [await place.peer() for _ in range(2)]
        for each in peers:
            each.send()
        await place.inside(2)
        third = await place.peer()
        third.send()
        status, headers, _ = await third.answer()
        assert (status, headers["connection"], headers["retry-after"]) == (503, "close", "1")
        assert await third.reader.read() == b""
        fourth = await place.peer()
        fourth.send("POST /scim/v2/Users HTTP/1.1", "Content-Length: 2", body="{}")
        assert (await fourth.answer())[::2] == (503, {})
        fourth.writer.close()
        place.app.go.set()
        assert [(await each.answer())[0] for each in peers] == [200, 200]


async def test_those_let_in_begin_a_few_at_a_time_and_in_order() -> None:
    line, begun, loop = Line(), [], asyncio.get_running_loop()
    for number in range(2 * STEP + 5):
        line.begin(lambda number=number: begun.append(number), loop)
    assert (len(begun), len(line)) == (STEP, STEP + 5)
    await asyncio.sleep(0)
    assert (len(begun), len(line)) == (2 * STEP, 5)
    line.begin(lambda: begun.append(-1), loop)  # behind those who wait
    await asyncio.sleep(0)
    assert begun == [*range(2 * STEP + 5), -1]
    await asyncio.sleep(0)
    line.begin(lambda: begun.append(-2), loop)
    assert begun[-1] == -2  # at once again
