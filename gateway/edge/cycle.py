"""One request without a body and its answer, on uvicorn's terms, at a third of the price: most of what a body takes is never made."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class Bodiless(RequestResponseCycle):
    """The request has come whole, on a connection that stays."""

    disconnected = waiting_for_100_continue = more_body = response_started = response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0
    body = b""  # type: ignore[assignment]  # who receives gets bytes, and puts a bytearray here

    def __init__(self, scope: Any, protocol: HttpToolsProtocol, *, keep_alive: bool) -> None:
        self.scope = scope
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.access_log = False
        self.default_headers = protocol.server_state.default_headers
        self.keep_alive = keep_alive
        self.on_response = protocol.on_response_complete

    def __getattr__(self, name: str) -> Any:
        """The event of a message: set, for all has come. It is made for who waits for it, or tells it of the end."""
        if name != "message_event":
            raise AttributeError(name)
        event = self.message_event = asyncio.Event()
        event.set()
        return event
