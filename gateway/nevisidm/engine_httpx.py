"""An engine over an httpx transport: the embedded sandbox by ASGITransport, real sockets as a fallback.

The transport is used directly, without httpx's client: no redirects, cookies, proxies or environment. httpx is slow under load
(see docs, "what is fast"), so production speaks through `engine_aiohttp.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

from gateway.nevisidm.engine import MAX_BYTES, Broken, Exchange, Timeout, Timeouts, Unreachable, check_size


class HttpxEngine:
    """Exchanges over any httpx transport. A transport that runs an application inside this process is bound in time as well."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, *, max_bytes: int = MAX_BYTES) -> None:
        self._transport = transport or httpx.AsyncHTTPTransport()
        self._max_bytes = max_bytes

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        """See Engine."""
        try:
            async with asyncio.timeout(timeouts.total):
                response = await self._begin(_request(method, url, headers, body, timeouts), timeouts)
                try:
                    return await self._finish(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise Timeout("no answer in time") from None

    async def aclose(self) -> None:
        """See Engine."""
        await self._transport.aclose()

    async def _begin(self, request: httpx.Request, timeouts: Timeouts) -> httpx.Response:
        """The answer's head; inside the process, where nothing else measures time, the whole answer."""
        try:
            async with asyncio.timeout(timeouts.connect + timeouts.read):
                return await self._transport.handle_async_request(request)
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
        except httpx.HTTPError as error:
            raise Broken(type(error).__name__) from None
        if declared.isdigit() and "content-encoding" not in headers and len(body) != int(declared):
            raise Broken("the reply is cut off")
        return Exchange(response.status_code, headers, bytes(body))


def _request(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
) -> httpx.Request:
    seconds = {"connect": timeouts.connect, "read": timeouts.read, "write": timeouts.read, "pool": timeouts.connect}
    return httpx.Request(method, url, headers=dict(headers), content=body, extensions={"timeout": seconds})
