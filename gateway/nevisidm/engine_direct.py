"""The production engine: connections of our own on llhttp, kept open and used again (measured: a quarter of aiohttp's cost per call).

Names are resolved and connections raced over IPv6 and IPv4 by aiohappyeyeballs, TLS is Python's. No proxy of the environment is asked, no
address is rewritten, and nothing is sent twice, not even on a kept connection that turns out dead. Decision 016 says why not a library.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohappyeyeballs

from gateway.nevisidm.connection import Connection, too_large
from gateway.nevisidm.engine import MAX_BYTES, Broken, Exchange, Timeout, Timeouts, Unreachable
from gateway.nevisidm.tls import Trust

KEPT = 15.0
"""Seconds that an idle connection is kept; servers keep theirs longer, so they seldom close one that is just taken."""
ATTEMPT = 0.25
"""Seconds after which the next address of a name is tried beside the first one (RFC 8305)."""
_BODIES = frozenset(("POST", "PUT", "PATCH"))
_CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


@dataclass(slots=True)
class _Server:
    """One server: its name and port, how it is called in Host, and its connections."""

    host: str
    port: int
    named: str
    secure: bool
    free: int
    context: ssl.SSLContext | None = None
    idle: deque[Connection] = field(default_factory=deque)
    busy: set[Connection] = field(default_factory=set)
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    sweep: asyncio.TimerHandle | None = None
    said: dict[str, str] | None = field(default=None, repr=False)
    """The headers of the last request, which the next one mostly repeats; `lines`: how they are sent."""
    lines: bytes = field(default=b"", repr=False)


class DirectEngine:
    """Exchanges over TCP and TLS, at most `connections` at once with one server."""

    def __init__(self, *, trust: Trust | None = None, connections: int = 64, max_bytes: int = MAX_BYTES) -> None:
        self._trust = trust or Trust()
        self._connections = connections
        self._max_bytes = max_bytes
        self._servers: dict[str, _Server] = {}

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        """See Engine."""
        scheme, _, rest = url.partition("://")
        authority, _, target = rest.partition("/")
        origin = f"{scheme}://{authority}"
        server = self._servers.get(origin) or self._known(origin)
        message = _message(method, target, server, headers, body)
        loop = asyncio.get_running_loop()
        until = None if timeouts.total is None else loop.time() + timeouts.total
        connection = self._kept(server, loop) if server.free else None
        if connection is None:
            connection = await self._new(server, timeouts, loop)
        server.free -= 1
        server.busy.add(connection)
        try:
            found = await connection.ask(message, timeouts.read, until)
        except BaseException:
            connection.drop()
            raise
        finally:
            self._give_back(server, connection, loop)
        return _unpacked(found, self._max_bytes) if "content-encoding" in found.headers else found

    async def aclose(self) -> None:
        """See Engine."""
        for server in self._servers.values():
            if server.sweep is not None:
                server.sweep.cancel()
            _drop_all(server.idle)
            for connection in [*server.busy]:
                connection.fail(Unreachable("closed", sent=True))

    def _known(self, origin: str) -> _Server:
        """Raises Unreachable for an address that is none."""
        try:
            parts = urlsplit(origin)
            host, port = parts.hostname, parts.port
            named = parts.netloc.encode("ascii" if parts.netloc.isascii() else "idna").decode()
        except ValueError:
            raise Unreachable("not an address", sent=False) from None
        if (
            f"{parts.scheme}://{parts.netloc}" != origin
            or parts.scheme not in ("http", "https")
            or not host
            or "@" in named
        ):
            raise Unreachable("not an address", sent=False)
        secure = parts.scheme == "https"
        server = _Server(host, port or (443 if secure else 80), named, secure, self._connections)
        return self._servers.setdefault(origin, server)

    def _kept(self, server: _Server, loop: asyncio.AbstractEventLoop) -> Connection | None:
        """An idle connection, the one used last. None made under other TLS settings is used again."""
        if server.secure and (context := self._trust.context()) is not server.context:
            server.context = context
            _drop_all(server.idle)
        oldest = loop.time() - KEPT
        while server.idle:
            connection = server.idle.pop()
            if connection.reusable and connection.released > oldest:
                return connection
            connection.drop()
        return None

    async def _new(self, server: _Server, timeouts: Timeouts, loop: asyncio.AbstractEventLoop) -> Connection:
        """A connection when there is place for one. Raises Unreachable, or Timeout where its caller has no time: nothing was sent."""
        seconds = timeouts.connect if timeouts.total is None else min(timeouts.connect, timeouts.total)
        try:
            async with asyncio.timeout(seconds):
                while not server.free:
                    await _turn(server, loop)
                return self._kept(server, loop) or await self._connected(server, timeouts.connect, loop)
        except (OSError, ValueError, OverflowError) as error:  # TimeoutError and those of TLS are OSErrors
            if isinstance(error, TimeoutError) and seconds < timeouts.connect:
                raise Timeout("no time left to connect", sent=False) from None
            raise Unreachable(type(error).__name__, sent=False) from None

    async def _connected(self, server: _Server, seconds: float, loop: asyncio.AbstractEventLoop) -> Connection:
        server.free -= 1  # the place is taken while it is being made
        connection: Connection | None = None
        try:
            found = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
            taken = await aiohappyeyeballs.start_connection(found, happy_eyeballs_delay=ATTEMPT, loop=loop)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            _, connection = await loop.create_connection(
                lambda: Connection(loop, self._max_bytes, server.context),
                sock=taken,
                ssl=server.context if server.secure else None,
                server_hostname=server.host if server.secure else None,
                ssl_handshake_timeout=seconds if server.secure else None,
            )
        finally:
            server.free += 1
            if connection is None:
                _wake(server)  # who waits may have better luck, or less time
        return connection

    def _give_back(self, server: _Server, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        server.free += 1
        server.busy.discard(connection)
        if connection.reusable and connection.under is server.context:
            connection.released = loop.time()
            server.idle.append(connection)
            if server.sweep is None:
                server.sweep = loop.call_later(KEPT, _swept, server, loop)
        else:
            connection.drop()
        if server.waiting:
            _wake(server)


async def _turn(server: _Server, loop: asyncio.AbstractEventLoop) -> None:
    """Wait until a place may be free."""
    waiter = loop.create_future()
    server.waiting.append(waiter)
    try:
        await waiter
    except asyncio.CancelledError:
        if waiter in server.waiting:
            server.waiting.remove(waiter)
        elif not waiter.cancelled():
            _wake(server)  # it was called in the same moment as it gave up
        raise


def _wake(server: _Server) -> None:
    """Call the next one that waits for a place."""
    while server.waiting:
        waiter = server.waiting.popleft()
        if not waiter.done():
            waiter.set_result(None)
            break


def _swept(server: _Server, loop: asyncio.AbstractEventLoop) -> None:
    """Close what has been idle for too long, and look again as long as anything is idle."""
    oldest = loop.time() - KEPT
    while server.idle and (server.idle[0].released <= oldest or not server.idle[0].reusable):
        server.idle.popleft().drop()
    server.sweep = loop.call_later(KEPT, _swept, server, loop) if server.idle else None


def _drop_all(connections: deque[Connection]) -> None:
    while connections:
        connections.pop().drop()


def _message(method: str, target: str, server: _Server, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """The request as it is sent, `target` without its first slash. Raises Broken for what would become another request on the way."""
    if server.said != headers:
        server.said = None
        server.lines = _lines(server.named, headers)
        server.said = dict(headers)
    if not target.isprintable() or " " in target or "#" in target:
        raise Broken("a request that cannot be written")
    try:
        first = f"{method} /{target} HTTP/1.1\r\n".encode("latin-1")
    except UnicodeEncodeError:
        raise Broken("a request that cannot be written") from None
    if body is None and method not in _BODIES:
        return b"%b%b\r\n" % (first, server.lines)
    sent = body or b""
    return b"%b%bContent-Length: %d\r\n\r\n%b" % (first, server.lines, len(sent), sent)


def _lines(named: str, headers: Mapping[str, str]) -> bytes:
    """The headers as they are sent, but for the length. Raises Broken."""
    lines = [
        f"Host: {named}\r\nAccept-Encoding: gzip\r\n",
        *(f"{name}: {value}\r\n" for name, value in headers.items()),
    ]
    text = "".join(lines)
    breaks = len(lines) + 1
    if text.count("\n") != breaks or text.count("\r") != breaks or "\0" in text:
        raise Broken("a request that cannot be written")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise Broken("a request that cannot be written") from None


def _unpacked(found: Exchange, most: int) -> Exchange:
    """The answer without its content coding. Raises Broken where it is not what that says, or larger than `most` bytes."""
    coding = found.headers["content-encoding"].strip().lower()
    if coding in ("", "identity") or not found.body:
        return found
    try:
        reader = zlib.decompressobj(_CODINGS[coding])
        body = reader.decompress(found.body, most + 1)
    except (KeyError, zlib.error):
        raise Broken("not what its encoding says") from None
    if len(body) > most:
        raise too_large(most)
    if not reader.eof:
        raise Broken("not what its encoding says")
    return Exchange(found.status, found.headers, body)
