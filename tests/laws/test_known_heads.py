"""A connection that remembers heads answers every stream of bytes as one that reads each anew: same scopes, same answers, same end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from gateway.edge.connection import Protocol
from gateway.edge.crowd import Crowd
from gateway.edge.message import read_head, write
from gateway.edge.whole import WHOLE
from gateway.running.listening import configuration
from gateway.scim.dialect import RFC
from gateway.scim.reply import Reply

USUAL = "Host: here\r\nAuthorization: Bearer abc\r\nAccept: application/scim+json\r\n"
MORE = (
    *(
        "",
        "",
        "",
        "Connection: keep-alive\r\n",
        "Connection: close\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\n",
    ),
    *(
        "Content-Length: 0\r\n",
        "Content-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 0\r\n",
        "Content-Length : 3\r\n",
    ),
    *("Transfer-Encoding: chunked\r\n", "Transfer-Encoding: x\r\nContent-Length: 3\r\n", "Expect: 100-continue\r\n"),
    *(
        "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n",
        "X-Request-Id: one\r\n",
        "Authorization: Bearer other\r\n",
    ),
    *(
        "Odd\r\n",
        "Odd: a\r\n b\r\n",
        "Odd: a\n",
        "Odd:\x00\r\n",
        "Odd: \x80\r\n",
        "Odd: \n\n",
        "Odd: \r\r\n",
        "Proxy-Connection: close\r\n",
    ),
)
TARGETS = (
    *("/scim/v2/Users/1", "/scim/v2/Users/2", "/scim/v2/Users?filter=a%20eq%20%22b%22", "/a%2Fb%C3%A9", "/", "//a/b"),
    *(
        "/a?",
        "/a??b",
        "/a b",
        "/a#b",
        "*",
        "http://there/a",
        "/\x7f",
        "/\x80",
        "/a?b#c",
        "",
        "/a\tb",
        '/"<>',
        "/a?/b?@:",
    ),
)
METHODS = ("GET", "GET", "GET", "HEAD", "DELETE", "POST", "OPTIONS", "CONNECT", "get", "GET ", "G\u00e9T", "\r\nGET")
VERSIONS = ("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ")
BODIES = ("", "", "", "", "abc", "3\r\nabc\r\n0\r\n\r\n", "\r\n", "\r", "\x00", "GET / HTTP/1.1\r\n\r\n")

Piece = tuple[bytes, int]
"""Bytes that come at once, and the turns of the loop until the next."""


class Wire:
    """What a connection writes to, and what an application saw of it."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default

    def is_closing(self) -> bool:
        return "closed" in self.said

    def write(self, data: bytes) -> None:
        self.said.append(data)

    def close(self) -> None:
        self.said.append("closed")

    def pause_reading(self) -> None:
        self.said.append("pause")

    def resume_reading(self) -> None:
        self.said.append("resume")


class Forgetful(Protocol):
    """Reads every head anew."""

    def _remember(self, data: bytes) -> None:
        pass


class Mirror:
    """Answers with what it was asked: in one piece or as ASGI says, at once or a little later."""

    def __init__(self, *, whole: bool, later: int) -> None:
        self.state = SimpleNamespace(crowd=Crowd(100, (RFC,)))
        self.whole, self.later = whole, later

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        shown = {name: value for name, value in scope.items() if name not in ("headers", "extensions")}
        shown |= {"headers": list(scope["headers"]), "peer": scope["extensions"]["peer"]}
        whole = scope["extensions"].get(WHOLE)
        message = read_head({**scope, "state": {}})
        body = (await receive()).get("body", b"") if len(message.path) % 2 else b"-"
        for _ in range(self.later):
            await asyncio.sleep(0)
        told = repr(
            (sorted(shown.items()), message.headers, message.path, message.query, message.address, body)
        ).encode()
        reply = Reply(200, (("Content-Type", "text/plain"),), told)
        await write(reply, send, head_only=message.method == "HEAD", whole=whole if self.whole else None)


def heard(
    pieces: list[Piece], *, kind: type[Protocol], whole: bool, later: int, leaving: int
) -> tuple[list[Any], Protocol]:
    """What is said to these pieces; from piece `leaving` on the server is about to stop."""
    wire = Wire()

    async def talk() -> Protocol:
        made = configuration(Mirror(whole=whole, later=later), "127.0.0.1", 0)
        made.load()
        flag = made.leaving
        protocol = kind(flag, config=made, server_state=ServerState(), app_state={}, _loop=asyncio.get_running_loop())
        protocol.connection_made(wire)  # type: ignore[arg-type]
        for number, (data, turns) in enumerate(pieces):
            if number >= leaving:
                flag.set()
            if not wire.is_closing():
                protocol.data_received(data)
            for _ in range(turns):
                await asyncio.sleep(0)
        for _ in range(later * len(pieces) + 20):
            await asyncio.sleep(0)
        wire.said.append(len(protocol.tasks))
        protocol.connection_lost(None)
        return protocol

    protocol = asyncio.run(talk())
    return [each for each in wire.said if each not in ("pause", "resume")], protocol


@st.composite
def streams(draw: st.DrawFn) -> list[Piece]:
    """Requests that mostly repeat each other, in pieces that are mostly whole requests, with a byte changed now and then."""
    usual = USUAL + draw(st.sampled_from(MORE[:4]))
    pieces: list[Piece] = []
    for _ in range(draw(st.integers(2, 6))):
        plain = draw(st.integers(0, 3)) > 0
        one = "GET" if plain else draw(st.sampled_from(METHODS))
        target = draw(st.sampled_from(TARGETS[:6] if plain else TARGETS))
        version = "HTTP/1.1" if plain else draw(st.sampled_from(VERSIONS))
        more, body = ("", "") if plain else (draw(st.sampled_from(MORE)), draw(st.sampled_from(BODIES)))
        data = f"{one} {target} {version}\r\n{usual}{more}\r\n{body}".encode("latin-1")
        if draw(st.integers(0, 9)) == 0:
            at = draw(st.integers(0, len(data) - 1))
            data = data[:at] + draw(st.sampled_from((b"", b"\r", b"\n", b" ", b"\0", b"x", b":"))) + data[at + 1 :]
        cut = draw(st.integers(0, len(data))) if draw(st.integers(0, 5)) == 0 else len(data)
        pieces += [(data[:cut], draw(st.integers(0, 2))), (data[cut:], draw(st.sampled_from((0, 1, 12, 12))))]
    if draw(st.integers(0, 4)) == 0:  # what belongs to two requests comes at once
        pieces[1:3] = [(pieces[1][0] + pieces[2][0], pieces[2][1])]
    return [each for each in pieces if each[0]]


def asked(target: str, *more: str, turns: int = 12) -> Piece:
    return f"GET {target} HTTP/1.1\r\n{USUAL}{''.join(more)}\r\n".encode("latin-1"), turns


@settings(max_examples=150, deadline=None)
@given(pieces=streams(), whole=st.booleans(), later=st.integers(0, 3), leaving=st.sampled_from((99, 99, 99, 2)))
@example(pieces=[asked("/a"), asked("/a b"), asked("/b")], whole=True, later=0, leaving=99)
@example(pieces=[asked("/a"), (b"\r", 1), asked("/b")], whole=True, later=0, leaving=99)
@example(pieces=[asked("/a"), asked("/b", turns=0), asked("/c")], whole=True, later=2, leaving=99)
@example(pieces=[(b"GET /a HTTP/1.1\r\nX: ", 1), asked("/b"), asked("/c")], whole=True, later=0, leaving=99)
def test_memory_changes_no_answer(pieces: list[Piece], whole: bool, later: int, leaving: int) -> None:
    ways = [heard(pieces, kind=kind, whole=whole, later=later, leaving=leaving)[0] for kind in (Protocol, Forgetful)]
    assert ways[0] == ways[1]


@pytest.mark.parametrize("more", MORE[3:])
def test_heads_that_are_not_plain_are_answered_as_ever(more: str) -> None:
    once = f"GET /ab HTTP/1.1\r\n{USUAL}{more}\r\n"
    for body in ("", "abc"):
        pieces = [((once + body).encode("latin-1"), 12)] * 3
        ways = [heard(pieces, kind=kind, whole=True, later=0, leaving=99)[0] for kind in (Protocol, Forgetful)]
        assert ways[0] == ways[1]


def test_a_head_that_comes_again_is_not_parsed_again(monkeypatch: Any) -> None:
    """Else the law above would compare the parser with itself."""
    said, _ = heard([asked("/a"), asked("/b?c=%64"), asked("/c")], kind=Protocol, whole=True, later=0, leaving=99)
    seen: list[bytes] = []
    usual = Protocol._repeat

    def repeat(self: Protocol, target: bytes, known: Any) -> None:
        seen.append(target)
        usual(self, target, known)

    monkeypatch.setattr(Protocol, "_repeat", repeat)
    again, protocol = heard(
        [asked("/a"), asked("/b?c=%64"), asked("/c")], kind=Protocol, whole=True, later=0, leaving=99
    )
    assert (seen, again) == ([b"/b?c=%64", b"/c"], said)
    assert protocol._known is None  # gone with the connection


def test_what_is_remembered_is_shown_by_no_repr() -> None:
    shown: list[str] = []

    class Showing(Protocol):
        def _repeat(self, target: bytes, known: Any) -> None:
            shown.append(f"{known!r} {vars(self)['_known']}")
            super()._repeat(target, known)

    heard([asked("/a"), asked("/b")], kind=Showing, whole=True, later=0, leaving=99)
    assert len(shown) == 1
    assert "abc" not in shown[0]
