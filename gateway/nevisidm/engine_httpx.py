"""An engine over an httpx transport: the embedded sandbox by ASGITransport, real sockets as a fallback.

The transport is used directly, without httpx's client: no redirects, cookies, proxies or environment. httpx is slow under load
(see docs, "what is fast"), so production speaks through `engine_direct.py`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from gateway.nevisidm.engine import MAX_BYTES, Broken, Exchange, Timeout, Timeouts, Unreachable, check_size
from gateway.nevisidm.tls import Trust


class _Sockets:
    """Transports over sockets: a new one when the TLS settings have changed, the old one closed with its last exchange."""

    def __init__(self, trust: Trust, connections: int) -> None:
        self._trust = trust
        self._limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._context: ssl.SSLContext | None = None
        self._now: httpx.AsyncBaseTransport | None = None
        self._busy: dict[httpx.AsyncBaseTransport, int] = {}

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """The transport for one exchange."""
        taken = await self._newest()
        self._busy[taken] = self._busy.get(taken, 0) + 1
        try:
            yield taken
        finally:
            self._busy[taken] -= 1
            if not self._busy[taken] and taken is not self._now:
                del self._busy[taken]
                await taken.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        for each in {*self._busy, self._now} - {None}:
            assert each is not None
            await each.aclose()

    async def _newest(self) -> httpx.AsyncBaseTransport:
        context = self._trust.context()
        old = self._now
        if old is not None and context is self._context:
            return old
        self._context = context
        self._now = httpx.AsyncHTTPTransport(verify=context, limits=self._limits, trust_env=False)
        if old is not None and not self._busy.get(old):
            self._busy.pop(old, None)
            await old.aclose()
        return self._now


class _Given:
    """One transport for everything."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """See _Sockets."""
        yield self._transport

    async def aclose(self) -> None:
        """See _Sockets."""
        await self._transport.aclose()


class HttpxEngine:
    """Exchanges over any httpx transport. A transport that runs an application inside this process is bound in time as well."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        trust: Trust | None = None,
        connections: int = 64,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._way = _Given(transport) if transport is not None else _Sockets(trust or Trust(), connections)
        self._max_bytes = max_bytes

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        """See Engine."""
        try:
            async with self._way.one() as transport, asyncio.timeout(timeouts.total):
                response = await self._begin(transport, _request(method, url, headers, body, timeouts), timeouts)
                try:
                    return await self._finish(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise Timeout("no answer in time") from None

    async def aclose(self) -> None:
        """See Engine."""
        await self._way.aclose()

    async def _begin(
        self, transport: httpx.AsyncBaseTransport, request: httpx.Request, timeouts: Timeouts
    ) -> httpx.Response:
        """The answer's head; inside the process, where nothing else measures time, the whole answer."""
        try:
            async with asyncio.timeout(timeouts.connect + timeouts.read):
                return await transport.handle_async_request(request)
        except (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError, httpx.UnsupportedProtocol) as error:
            raise Unreachable(type(error).__name__, sent=False) from None
        except httpx.TimeoutException:
            raise TimeoutError from None
        except (httpx.NetworkError, httpx.RemoteProtocolError, ConnectionError) as error:
            raise Unreachable(type(error).__name__, sent=True) from None
        except httpx.HTTPError as error:
            raise Broken(type(error).__name__) from None

    async def _finish(self, response: httpx.Response) -> Exchange:
        headers = {name.lower(): value for name, value in response.headers.items()}
        declared = headers.get("content-length", "")
        if declared.isdigit():
            check_size(int(declared), self._max_bytes)
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                check_size(len(body), self._max_bytes)
        except httpx.TimeoutException:
            raise TimeoutError from None
        except httpx.DecodingError:
            raise Broken("not what its encoding says") from None
        except httpx.HTTPError:
            raise Broken("the reply is cut off") from None
        if declared.isdigit() and "content-encoding" not in headers and len(body) != int(declared):
            raise Broken("the reply is cut off")
        return Exchange(response.status_code, headers, bytes(body))


def _request(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
) -> httpx.Request:
    seconds = {"connect": timeouts.connect, "read": timeouts.read, "write": timeouts.read, "pool": timeouts.connect}
    return httpx.Request(method, url, headers=dict(headers), content=body, extensions={"timeout": seconds})
