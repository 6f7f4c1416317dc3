"""One connection to a server: HTTP/1.1, one exchange at a time, read by llhttp (httptools).

The answer ends where its length, its last chunk or the end of the connection says; anything else that comes is somebody's mistake, and the
connection is not used again. No time is measured per byte: one timer looks now and then at when the server was last heard.
"""

from __future__ import annotations

import asyncio
from typing import cast

import httptools

from gateway.nevisidm.engine import Broken, EngineError, Exchange, Timeout, Unreachable

MOST_HEAD = 65_536
"""Bytes of status line and headers; who sends more has lost its way."""


class Connection(asyncio.Protocol):
    """A connection that is made by the event loop. `reusable`: the last exchange ended well and leaves it open; `released`: when.

    `under`: the TLS settings that it was made under.
    """

    __slots__ = (
        "_begun",
        "_body",
        "_headers",
        "_heard",
        "_loop",
        "_max_bytes",
        "_parser",
        "_patience",
        "_ring",
        "_rings",
        "_size",
        "_status",
        "_transport",
        "_until",
        "_waiter",
        "released",
        "reusable",
        "under",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, max_bytes: int, under: object = None) -> None:
        self._loop = loop
        self._max_bytes = max_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Exchange] | None = None
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = self._status = 0
        self._begun = False
        self._heard = self._patience = self._rings = 0.0
        self._until: float | None = None
        self._ring: asyncio.TimerHandle | None = None
        self.under = under
        self.released = 0.0
        self.reusable = True

    def ask(self, message: bytes, patience: float, until: float | None) -> asyncio.Future[Exchange]:
        """Send a whole request; its answer will come, or an EngineError: Timeout after `patience` seconds without a byte, or at `until`.

        Who does not want it any more calls `drop`.
        """
        assert self._transport is not None
        self._headers, self._body, self._size, self._status, self._begun = {}, [], 0, 0, False
        self.reusable = False
        waiter = self._waiter = self._loop.create_future()
        self._heard, self._patience, self._until = self._loop.time(), patience, until
        self._wind()
        self._transport.write(message)
        return waiter

    def drop(self) -> None:
        """Close it at once, whatever is under way."""
        self.reusable = False
        self._waiter = None
        if self._ring is not None:
            self._ring.cancel()
            self._ring = None
        if self._transport is not None:
            self._transport.abort()

    def fail(self, error: EngineError) -> None:
        """Close it at once; whoever waits gets the error."""
        waiter = self._waiter
        self.drop()
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._waiter is None:
            self.drop()  # nobody asked
            return
        self._heard = self._loop.time()
        if not self._begun:
            self._size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.fail(Broken("not HTTP"))
            return
        if not self._begun and self._size > MOST_HEAD:
            self.fail(Broken(f"its head is larger than {MOST_HEAD} bytes"))

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        if self._waiter is not None:
            if self._begun and exc is None and not {"content-length", "transfer-encoding"} & self._headers.keys():
                self._done()  # its end was to say where the answer ends
            elif self._begun or self._size:
                self.fail(Broken("the reply is cut off"))
            else:
                self.fail(Unreachable(type(exc).__name__ if exc is not None else "ServerDisconnected", sent=True))
        self.drop()
        self._transport = None

    def on_message_begin(self) -> None:
        """See httptools: an answer that nobody asked for spoils the connection, and not the one before it."""
        if self._waiter is None:
            self.drop()
            self._headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        """See httptools."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._status = self._parser.get_status_code()
        self._begun, self._size = self._status >= 200, 0
        declared = self._headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._max_bytes:
            self.fail(too_large(self._max_bytes))

    def on_body(self, body: bytes) -> None:
        """See httptools."""
        self._size += len(body)
        if self._size > self._max_bytes:
            self.fail(too_large(self._max_bytes))
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """See httptools. What comes before the answer itself (100, 103) is passed over."""
        if not self._begun:
            self._headers = {}
        elif self._waiter is not None:
            self.reusable = self._parser.should_keep_alive()
            self._done()

    def _done(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            waiter.set_result(Exchange(self._status, self._headers, body))

    def _wind(self) -> None:
        """See to it that the timer rings no later than when patience would end, if nothing were heard any more."""
        due = self._heard + self._patience
        if self._until is not None and self._until < due:
            due = self._until
        if self._ring is not None:
            if self._rings <= due:
                return
            self._ring.cancel()
        self._rings = due
        self._ring = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._ring = None
        if self._waiter is None:
            return
        now = self._loop.time()
        if now >= self._heard + self._patience or (self._until is not None and now >= self._until):
            self.fail(Timeout("no answer in time"))
        else:
            self._wind()


def too_large(most: int) -> Broken:
    """A reply is larger than we are willing to hold."""
    return Broken(f"the reply is larger than {most} bytes")
