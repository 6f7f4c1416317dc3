"""Several addresses of one nevisIDM, over real sockets and through both engines: who is asked, and that no write is done twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.events import Event, Events, HostChanged
from gateway.nevisidm.call import Refusal, Request
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Engine, Timeouts
from gateway.nevisidm.engine_direct import DirectEngine
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from tests.nevisidm.sockets import server

GET = Request("user.read", "GET", "/core/v1/100/users/u1")
PATCH = Request("user.update", "PATCH", "/core/v1/100/users/u1", body={"version": 3})
LOGIN = Request("login", "POST", "/auth/v1/100/users/u1/password/login/", body={"password": "p"}, once=True)
QUICK = Timeouts(connect=0.3, read=0.15)
ENGINES: dict[str, Callable[[], Engine]] = {"direct": DirectEngine, "httpx": HttpxEngine}
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def status(number: int, *headers: str) -> bytes:
    lines = "".join(f"{each}\r\n" for each in headers)
    return f"HTTP/1.1 {number} X\r\nConnection: close\r\n{lines}Content-Length: 0\r\n\r\n".encode()


@dataclass
class Node:
    """One address: says `mood`, b"" hangs, None breaks the connection."""

    mood: bytes | None = OK
    heard: list[str] = field(default_factory=list)

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.heard.append(request.split(b" ", 1)[0].decode())
        if self.mood is None:
            writer.close()
        else:
            writer.write(self.mood)

    def since(self) -> list[str]:
        heard, self.heard = self.heard, []
        return heard


@dataclass
class Pair:
    one: Node
    two: Node
    client: Client
    events: list[Event]
    now: list[float]
    stop_first: Callable[[], Any]
    start_first: Callable[[], Any]

    async def send(self, request: Request = GET, **more: Any) -> int:
        return (await self.client.send(request, request_id="r", **more)).status

    def changes(self) -> list[tuple[bool, str]]:
        return [(event.up, event.reason) for event in self.events if isinstance(event, HostChanged)]


@pytest.fixture(params=ENGINES)
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    one, two, now = Node(), Node(), [1000.0]
    events: list[Event] = []
    async with AsyncExitStack() as stack:
        listening = [await asyncio.start_server(_talk(one), "127.0.0.1", 0)]
        port = listening[0].sockets[0].getsockname()[1]
        other = await stack.enter_async_context(server(two))

        async def stop() -> None:
            listening[0].close()
            await asyncio.sleep(0.01)

        async def start() -> None:
            listening[0] = await asyncio.start_server(_talk(one), "127.0.0.1", port)

        client = Client(
            ENGINES[request.param](),
            f"http://127.0.0.1:{port}",
            bearer("t"),
            fallback_urls=[other],
            timeouts=QUICK,
            events=Events(events.append),
            pause=lambda: 0.0,
            clock=lambda: now[0] + time.monotonic(),
        )
        yield Pair(one, two, client, events, now, stop, start)
        await client.aclose()
        listening[0].close()


def _talk(node: Node) -> Callable[..., Any]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
                )
                await node(head + await reader.readexactly(size), writer)
                if node.mood:
                    return  # a new connection each time, so that a listener that is gone is noticed
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return talk  # fmt: skip


async def test_the_first_address_serves_as_long_as_it_works(pair: Pair) -> None:
    assert [await pair.send(), await pair.send(PATCH)] == [200, 200]
    assert (pair.one.since(), pair.two.since(), pair.changes()) == (["GET", "PATCH"], [], [])


@pytest.mark.parametrize("request_", [GET, PATCH, LOGIN], ids=lambda each: each.name)
async def test_what_surely_was_not_sent_goes_to_the_next_address_and_so_do_all_that_follow(
    pair: Pair, request_: Request
) -> None:
    await pair.stop_first()
    assert [await pair.send(request_), await pair.send(PATCH), await pair.send()] == [200, 200, 200]
    assert (pair.one.since(), pair.two.since()) == ([], [request_.method, "PATCH", "GET"])
    assert pair.changes() == [(False, "Unreachable")]


@pytest.mark.parametrize("mood", [None, b"", status(500), status(502), status(503), status(504)], ids=str)
@pytest.mark.parametrize("request_", [PATCH, LOGIN], ids=lambda each: each.name)
async def test_a_write_that_may_have_arrived_is_never_sent_elsewhere(
    pair: Pair, request_: Request, mood: bytes | None
) -> None:
    pair.one.mood = mood
    with pytest.raises(Refusal) as caught:
        await pair.send(request_)
    assert (pair.one.since(), pair.two.since()) == ([request_.method], [])
    assert caught.value.unknown_outcome is (mood != status(503))


@pytest.mark.parametrize("mood", [None, b"", status(502), status(503), status(503, "Retry-After: 30")], ids=str)
async def test_a_read_is_answered_by_the_next_address(pair: Pair, mood: bytes | None) -> None:
    pair.one.mood = mood
    assert await pair.send() == 200
    assert (pair.one.since(), pair.two.since()) == (["GET"], ["GET"])


@pytest.mark.parametrize("mood", [status(500), status(404), status(429, "Retry-After: 3"), status(401)], ids=str)
async def test_what_nevisidm_itself_says_is_not_asked_of_another_address(pair: Pair, mood: bytes) -> None:
    pair.one.mood = mood
    for _ in range(4):
        with pytest.raises(Refusal):
            await pair.send()
    assert (pair.two.since(), pair.changes()) == ([], [])


async def test_one_broken_connection_is_no_reason_to_leave_but_three_in_a_row_are(pair: Pair) -> None:
    pair.one.mood = None
    for _ in range(3):
        assert await pair.send() == 200
    assert pair.one.since() == ["GET"] * 3
    assert await pair.send(PATCH) == 200
    assert (pair.one.since(), pair.two.since()) == ([], ["GET"] * 3 + ["PATCH"])
    assert pair.changes() == [(False, "Unreachable")]


async def test_an_answer_that_is_too_large_is_no_reason_to_leave(pair: Pair) -> None:
    pair.one.mood = pair.two.mood = status(200).replace(b"Content-Length: 0", b"Content-Length: 99999999")
    for _ in range(4):
        with pytest.raises(Refusal) as caught:
            await pair.send()
        assert "larger than" in caught.value.why
    assert pair.changes() == []


async def test_who_says_to_come_back_later_is_left_alone_for_that_long(pair: Pair) -> None:
    pair.one.mood = status(503, "Retry-After: 30")
    await pair.send()
    pair.one.mood = OK
    pair.now[0] += 29.0
    await pair.send()
    assert (pair.one.since(), pair.two.since()) == (["GET"], ["GET", "GET"])
    pair.now[0] += 2.0
    await pair.send()
    assert (pair.one.since(), pair.changes()) == (["GET"], [(False, "busy"), (True, "")])


async def test_after_a_pause_one_read_tries_the_first_again_and_no_write_does(pair: Pair) -> None:
    await pair.stop_first()
    await pair.send()
    await pair.start_first()
    pair.now[0] += 6.0
    assert await pair.send(PATCH) == 200
    assert (pair.one.since(), pair.two.since()) == ([], ["GET", "PATCH"])
    assert [await pair.send(), await pair.send(PATCH)] == [200, 200]
    assert (pair.one.since(), pair.two.since()) == (["GET", "PATCH"], [])
    assert pair.changes() == [(False, "Unreachable"), (True, "")]


async def test_a_first_address_that_stays_away_is_tried_ever_more_seldom(pair: Pair) -> None:
    await pair.stop_first()
    tried = []
    await pair.send()
    for seconds in (4.0, 1.5, 4.0, 7.0):  # rests of 5 and 10 seconds
        pair.now[0] += seconds
        before = pair.client._hosts.first.until
        assert await pair.send() == 200
        tried.append(pair.client._hosts.first.until > before)
    assert tried == [False, True, False, True]


async def test_only_one_read_at_a_time_tries_an_address_that_was_away(pair: Pair) -> None:
    await pair.stop_first()
    await pair.send()
    await pair.start_first()
    pair.one.mood = b""
    pair.two.since()
    pair.now[0] += 6.0
    assert await asyncio.gather(*(pair.send() for _ in range(5))) == [200] * 5
    assert (pair.one.since(), pair.two.since()) == (["GET"], ["GET"] * 5)


async def test_when_all_are_away_they_are_tried_all_the_same(pair: Pair) -> None:
    await pair.stop_first()
    pair.two.mood = status(503, "Retry-After: 9")
    for request in (GET, PATCH):
        with pytest.raises(Refusal):
            await pair.send(request)
    pair.two.mood = OK
    assert [await pair.send(PATCH), await pair.send()] == [200, 200]


async def test_the_deadline_holds_for_all_addresses_together(pair: Pair) -> None:
    pair.one.mood = pair.two.mood = b""
    began = time.monotonic()
    with pytest.raises(Refusal) as caught:
        await pair.send(deadline=pair.now[0] + time.monotonic() + 0.2)
    assert caught.value.kind == "timeout"
    assert time.monotonic() - began < 0.3
    assert (pair.one.since(), pair.two.since()) == (["GET"], ["GET"])


async def test_a_caller_in_a_hurry_is_no_reason_to_leave_an_address(pair: Pair) -> None:
    pair.one.mood = b""
    for _ in range(4):
        with pytest.raises(Refusal):
            await pair.send(deadline=pair.now[0] + time.monotonic() + 0.02)
    assert pair.changes() == []
