"""An engine over aiohttp, for who does not trust our own (`engine_direct.py`): a bounded pool, a tenth of httpx's cost, four times ours.

Import this file only where an engine is made: aiohttp takes its time to load.
"""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from yarl import URL

from gateway.nevisidm.engine import (
    MAX_BYTES,
    Broken,
    EngineError,
    Exchange,
    Timeout,
    Timeouts,
    Unreachable,
    check_size,
)
from gateway.nevisidm.tls import Trust


class AiohttpEngine:
    """Exchanges over TCP and TLS. The session is opened by the first exchange, inside the running loop."""

    def __init__(
        self,
        *,
        trust: Trust | None = None,
        connections: int = 64,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._trust = trust or Trust()
        self._connections = connections
        self._max_bytes = max_bytes
        self._open: aiohttp.ClientSession | None = None

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        """See Engine."""
        bounds = aiohttp.ClientTimeout(
            timeouts.total, connect=timeouts.connect, sock_connect=timeouts.connect, sock_read=timeouts.read
        )
        try:
            async with self._session().request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                timeout=bounds,
                ssl=self._trust.context(),
                allow_redirects=False,
            ) as response:
                return await self._finish(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _translated(error) from None

    async def aclose(self) -> None:
        """See Engine."""
        if self._open is not None:
            await self._open.close()

    async def _finish(self, response: aiohttp.ClientResponse) -> Exchange:
        check_size(response.content_length or 0, self._max_bytes)
        body = bytearray()
        try:
            async for chunk in response.content.iter_any():
                body += chunk
                check_size(len(body), self._max_bytes)
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            if isinstance(error, TimeoutError):
                raise
            coded = isinstance(error.__cause__, aiohttp.http_exceptions.ContentEncodingError)
            raise Broken("not what its encoding says" if coded else "the reply is cut off") from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Exchange(response.status, headers, bytes(body))

    def _session(self) -> aiohttp.ClientSession:
        if self._open is None:
            self._open = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
            )
            # aiohttp repeats PUT and DELETE by itself when a kept connection turns out to be dead; a lost reply would become a
            # wrong 404. There is no public switch; a test holds that nothing is repeated.
            self._open._retry_connection = False
        return self._open


def _translated(error: Exception) -> EngineError:
    """What an exception of aiohttp means to us."""
    name = type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError):
        return Unreachable(name, sent=False)
    if isinstance(error, TimeoutError):
        return Timeout("no answer in time")
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        return Unreachable(name, sent=True)
    return Broken(name)
