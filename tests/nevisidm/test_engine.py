"""All engines over real sockets: a whole answer or one of three errors, and nothing done twice."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from gateway.nevisidm.engine import Broken, Engine, Timeout, Timeouts, Unreachable
from gateway.nevisidm.engine_aiohttp import AiohttpEngine
from gateway.nevisidm.engine_direct import DirectEngine
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.tls import Trust
from tests.nevisidm.sockets import says, server

QUICK = Timeouts(connect=1.0, read=0.1)
MAKERS: dict[str, Callable[[], Engine]] = {
    "direct": lambda: DirectEngine(max_bytes=1000),
    "aiohttp": lambda: AiohttpEngine(max_bytes=1000),
    "httpx": lambda: HttpxEngine(max_bytes=1000),
}


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that serves in production; its neighbours test on Python's own."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(params=MAKERS)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    made = MAKERS[request.param]()
    yield made
    await made.aclose()


async def test_an_exchange_brings_status_headers_in_lower_case_and_the_whole_body(engine: Engine) -> None:
    heard: list[bytes] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        heard.append(request)
        writer.write(b"HTTP/1.1 201 Created\r\nLocation: /x\r\nContent-Length: 4\r\n\r\nbody")

    async with server(answer) as url:
        found = await engine.exchange("POST", f"{url}/a%2Fb?q=x%20y%26z", {"X-Token": "t"}, b'{"a":1}', QUICK)
    assert (found.status, found.headers["location"], found.body) == (201, "/x", b"body")
    assert heard[0].startswith(b"POST /a%2Fb?q=x%20y%26z HTTP/1.1\r\n")  # an encoded slash stays one
    assert heard[0].endswith(b'\r\n\r\n{"a":1}')
    assert b"x-token: t" in heard[0].lower()


async def test_a_compressed_reply_is_unpacked_and_its_unpacked_size_counts(engine: Engine) -> None:
    import gzip

    for size, fits in ((900, True), (100_000, False)):
        packed = gzip.compress(b"a" * size)
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        async with server(says(head + packed)) as url:
            if fits:
                assert len((await engine.exchange("GET", url, {}, None, QUICK)).body) == size
            else:
                with pytest.raises(Broken):
                    await engine.exchange("GET", url, {}, None, QUICK)


async def test_a_redirect_is_an_answer_and_is_not_followed(engine: Engine) -> None:
    async with server(says(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) as url:
        assert (await engine.exchange("GET", url, {}, None, QUICK)).status == 302


async def test_no_cookie_is_kept(engine: Engine) -> None:
    heard: list[bytes] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        heard.append(request)
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: 0\r\n\r\n")

    async with server(answer) as url:
        await engine.exchange("GET", url, {}, None, QUICK)
        await engine.exchange("GET", url, {}, None, QUICK)
    assert b"cookie" not in heard[1].lower()


async def test_each_request_carries_its_own_headers_whatever_the_one_before_it_had(engine: Engine) -> None:
    heard: list[str] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        heard.append(next((line for line in request.decode().splitlines() if line.lower().startswith("x-token")), ""))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    token = {"X-Token": "a"}
    async with server(answer) as url:
        for given in ({"X-Token": "a"}, token, {"X-Token": "a", "x-b": ""}, {}, token):
            await engine.exchange("GET", url, given, None, QUICK)
        token["X-Token"] = "b"
        await engine.exchange("GET", url, token, None, QUICK)
        for wrong in ("c\r\nX-Token: d", "c\nd", "c\0"):
            if isinstance(engine, DirectEngine):  # the others are not asked to
                with pytest.raises(Broken):
                    await engine.exchange("GET", url, {"X-Token": wrong}, None, QUICK)
        await engine.exchange("GET", url, token, None, QUICK)
    assert [each.partition(": ")[2] for each in heard] == ["a", "a", "a", "", "a", "b", "b"]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "cut off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "cut off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"a" * 2000, "larger than 1000 bytes"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"a" * 2000 + b"\r\n0\r\n\r\n",
            "larger than 1000 bytes",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nnogzp",
            "not what its encoding says",
        ),
    ],
    ids=["by its length", "by its chunks", "too large by its length", "too large by its chunks", "encoding"],
)
async def test_an_answer_that_is_none_is_broken(engine: Engine, raw: bytes, why: str) -> None:
    async with server(says(raw, close=True)) as url:
        with pytest.raises(Broken, match=why):
            await engine.exchange("GET", url, {}, None, QUICK)


async def test_a_handshake_that_never_ends_is_no_connection(engine: Engine) -> None:
    """A port that takes connections and speaks no TLS is bound by the time to connect, and nothing was sent."""
    async with server(says(b"")) as url:
        with pytest.raises(Unreachable) as caught:
            await engine.exchange("POST", url.replace("http:", "https:"), {}, b"{}", Timeouts(0.1, 5.0))
    assert not caught.value.sent


async def test_silence_is_a_timeout_and_the_request_may_have_arrived(engine: Engine) -> None:
    async with server(says(b"")) as url:
        with pytest.raises(Timeout) as caught:
            await engine.exchange("GET", url, {}, None, QUICK)
    assert caught.value.sent


async def test_an_answer_that_trickles_is_a_timeout_by_its_total(engine: Engine) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        for _ in range(900):
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with server(answer) as url:
        with pytest.raises(Timeout):
            await engine.exchange("GET", url, {}, None, Timeouts(1.0, 0.2, total=0.15))


async def test_an_answer_that_stops_halfway_is_a_timeout(engine: Engine) -> None:
    async with server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf")) as url:
        with pytest.raises(Timeout):
            await engine.exchange("GET", url, {}, None, QUICK)


async def test_nobody_there_means_nothing_was_sent(engine: Engine) -> None:
    async with server(says(b"")) as url:
        pass
    with pytest.raises(Unreachable) as caught:
        await engine.exchange("GET", url, {}, None, QUICK)
    assert not caught.value.sent


async def test_a_connection_that_breaks_before_the_answer_leaves_open_what_was_done(engine: Engine) -> None:
    async with server(says(b"", close=True)) as url:
        with pytest.raises(Unreachable) as caught:
            await engine.exchange("POST", url, {}, b"{}", QUICK)
    assert caught.value.sent


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
async def test_nothing_is_repeated_on_a_kept_connection_that_turns_out_dead(engine: Engine, method: str) -> None:
    heard: list[bytes] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        heard.append(request)
        if len(heard) > 1:
            writer.close()
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with server(answer) as url:
        await engine.exchange("GET", url, {}, None, QUICK)
        with pytest.raises(Unreachable):
            await engine.exchange(method, url, {}, None, QUICK)
    assert len(heard) == 2


async def test_only_known_authorities_are_believed(tmp_path: Path) -> None:
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    stranger, friend = DirectEngine(), DirectEngine(trust=Trust(ca_file))
    async with server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), tls) as url:
        try:
            with pytest.raises(Unreachable) as caught:
                await stranger.exchange("GET", url, {}, None, QUICK)
            assert not caught.value.sent
            assert (await friend.exchange("GET", url, {}, None, QUICK)).status == 200
        finally:
            await stranger.aclose()
            await friend.aclose()


async def test_an_application_inside_the_process_is_bound_in_time() -> None:
    async def hangs(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    engine = HttpxEngine(httpx.ASGITransport(app=hangs))
    with pytest.raises(Timeout):
        await engine.exchange("GET", "http://inside/", {}, None, Timeouts(0.02, 0.03))


async def test_an_application_inside_the_process_that_stops_halfway_is_broken() -> None:
    async def stops(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ConnectionResetError

    engine = HttpxEngine(httpx.ASGITransport(app=stops, raise_app_exceptions=False))
    with pytest.raises(Broken):
        await engine.exchange("GET", "http://inside/", {}, None, QUICK)


async def test_an_application_inside_the_process_that_resets_is_unreachable() -> None:
    async def resets(scope: Any, receive: Any, send: Any) -> None:
        raise ConnectionResetError

    engine = HttpxEngine(httpx.ASGITransport(app=resets))
    with pytest.raises(Unreachable):
        await engine.exchange("GET", "http://inside/", {}, None, QUICK)


@pytest.fixture
async def direct() -> AsyncIterator[DirectEngine]:
    made = DirectEngine(max_bytes=1000, connections=1)
    yield made
    await made.aclose()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Counted:
    """A server's handler that counts its connections and says the same to everybody."""

    raw: bytes
    close: bool = False
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __call__(self, _: bytes, writer: asyncio.StreamWriter) -> None:
        if writer not in self.writers:
            self.writers.append(writer)
        writer.write(self.raw)
        if self.close:
            writer.close()


@pytest.mark.parametrize(
    ("raw", "connections"),
    [
        (OK, 1),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK, 1),
        (OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"), 2),
        (OK.replace(b"1.1", b"1.0"), 2),
        (OK + b"HTTP/1.1 200 OK\r\nLocation: /theirs\r\nContent-Length: 0\r\n\r\n", 2),
        (OK + b"HTTP/1.1", 2),
        (OK + b"nonsense", 2),
    ],
    ids=[
        "kept",
        "hints before it",
        "close",
        "HTTP/1.0",
        "a second answer",
        "half a second answer",
        "nonsense behind it",
    ],
)
async def test_a_connection_is_used_again_only_if_its_answer_ended_as_it_should(
    direct: DirectEngine, raw: bytes, connections: int
) -> None:
    told = Counted(raw)
    async with server(told) as url:
        for _ in range(2):
            found = await direct.exchange("GET", url, {}, None, QUICK)
            assert (found.status, found.body, found.headers.get("location")) == (200, b"ok", None)
    assert len(told.writers) == connections


async def test_an_answer_may_end_with_its_connection(direct: DirectEngine) -> None:
    async with server(Counted(b"HTTP/1.1 200 OK\r\n\r\nall of it", close=True)) as url:
        assert (await direct.exchange("GET", url, {}, None, QUICK)).body == b"all of it"


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
    ],
    ids=["another protocol", "two lengths", "a length and chunks", "an upgrade", "a head without end"],
)
async def test_what_is_not_one_plain_answer_is_broken(direct: DirectEngine, raw: bytes) -> None:
    async with server(Counted(raw)) as url:
        with pytest.raises(Broken):
            await direct.exchange("GET", url, {}, None, QUICK)


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/x HTTP/1.1\r\nX:", {}),
        ("/x y", {}),
        ("/x#y", {}),
        ("/x", {"X-Token": "t\r\nX: y"}),
        ("/x", {"X-Token": "t\nX: y"}),
        ("/x", {"X-Token": "t\0"}),
        ("/x", {"X-Token": "\u20ac"}),
    ],
)
async def test_what_would_become_another_request_is_not_sent(
    direct: DirectEngine, target: str, headers: dict[str, str]
) -> None:
    told = Counted(OK)
    async with server(told) as url:
        with pytest.raises(Broken):
            await direct.exchange("GET", url + target, headers, None, QUICK)
    assert told.writers == []


@pytest.mark.parametrize("url", ["http://user@host/", "ftp://host/", "http:///x", "http://host:port/", "http://h?x/"])
async def test_an_address_that_is_none_is_unreachable(direct: DirectEngine, url: str) -> None:
    with pytest.raises(Unreachable) as caught:
        await direct.exchange("GET", url, {}, None, QUICK)
    assert not caught.value.sent


async def test_who_finds_no_free_connection_waits_for_one_and_not_for_ever(direct: DirectEngine) -> None:
    told, go = Counted(OK), asyncio.Event()

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        await told(request, writer)

    async with server(answer) as url:
        first = asyncio.create_task(direct.exchange("GET", url, {}, None, Timeouts(1.0, 5.0)))
        await asyncio.sleep(0.01)
        with pytest.raises(Unreachable) as caught:
            await direct.exchange("GET", url, {}, None, Timeouts(0.02, 5.0))
        assert not caught.value.sent
        second = asyncio.create_task(direct.exchange("GET", url, {}, None, Timeouts(1.0, 5.0)))
        await asyncio.sleep(0.01)
        go.set()
        assert [(await each).body for each in (first, second)] == [b"ok", b"ok"]
    assert len(told.writers) == 1


async def test_a_place_goes_on_to_the_next_when_the_one_that_was_called_gives_up(direct: DirectEngine) -> None:
    go = asyncio.Event()

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        del request
        await go.wait()
        writer.write(OK)

    async with server(answer) as url:
        first, second, third = [
            asyncio.create_task(direct.exchange("GET", url, {}, None, Timeouts(2.0, 5.0))) for _ in range(3)
        ]
        async with asyncio.timeout(1.0):
            while not (known := [*direct._servers.values()]) or not known[0].busy or len(known[0].waiting) < 2:
                await asyncio.sleep(0)
        (busy,) = known[0].busy
        assert busy._waiter is not None
        busy._waiter.add_done_callback(lambda _: second.cancel())  # when it has been called and has not run yet
        go.set()
        assert (await first).body == b"ok"
        async with asyncio.timeout(1.0):
            assert (await third).body == b"ok"
        with pytest.raises(asyncio.CancelledError):
            await second


async def test_a_connection_that_fails_lets_the_next_one_try(
    direct: DirectEngine,
) -> None:
    """Who waits behind one that cannot be made hears so at once, and not when its own time is over."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    asked = [asyncio.create_task(direct.exchange("GET", url, {}, None, Timeouts(30.0, 30.0))) for _ in range(3)]
    async with asyncio.timeout(5.0):
        found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in found] == [Unreachable] * 3


async def test_who_gives_up_takes_the_connection_along(direct: DirectEngine) -> None:
    """An answer that comes late must never be another request's."""
    gone = asyncio.Event()

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/slow" in request:
            await gone.wait()
            writer.write(OK.replace(b"ok", b"no"))
        else:
            writer.write(OK)

    async with server(answer) as url:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await direct.exchange("GET", f"{url}/slow", {}, None, QUICK)
        found = asyncio.create_task(direct.exchange("GET", url, {}, None, QUICK))
        gone.set()
        assert (await found).body == b"ok"


async def test_an_idle_connection_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch, direct: DirectEngine) -> None:
    monkeypatch.setattr("gateway.nevisidm.engine_direct.KEPT", 0.02)
    told = Counted(OK)
    async with server(told) as url:
        await direct.exchange("GET", url, {}, None, QUICK)
        await asyncio.wait_for(told.writers[0].wait_closed(), 1.0)
        assert (await direct.exchange("GET", url, {}, None, QUICK)).body == b"ok"
    assert len(told.writers) == 2


async def test_closing_ends_what_is_under_way(direct: DirectEngine) -> None:
    async with server(says(b"")) as url:
        under_way = asyncio.create_task(direct.exchange("GET", url, {}, None, Timeouts(1.0, 5.0)))
        await asyncio.sleep(0.02)
        await direct.aclose()
        with pytest.raises(Unreachable):
            await under_way
