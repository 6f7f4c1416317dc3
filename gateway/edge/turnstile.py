"""Where connections come in: what cannot be let in is refused before it costs anything, in a fortieth of a millisecond.

Whoever refuses late or dearly in an overload has no time left for those it could serve. So a full crowd, and more connections than may be,
are told to a request here, as soon as its head is read: no task, no routing, no log line. That goes for requests without a body on a
connection that stays; all others go the usual way and are refused there. Those that are let in begin a few at a time, so that the loop
comes back to the sockets in between: else a burst of the one would keep those waiting who only want to hear a no.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

from gateway.edge.connection import Protocol
from gateway.edge.crowd import BEYOND, Crowd, whole
from gateway.edge.hardened import OVER_TLS

_PLAIN = frozenset((b"GET", b"DELETE"))
_LENGTH = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
_ANSWERED: Any = SimpleNamespace(response_complete=True, message_event=SimpleNamespace(set=lambda: None))
"""What uvicorn finds where a request was that has been answered."""
STEP = 32
"""Requests that begin in one turn of the loop."""


class Line:
    """Requests that were let in and have not begun, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._begun = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, request: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        """Begin one now, or in one of the next turns."""
        if self._begun < STEP and not self._waiting:
            if not self._begun:
                loop.call_soon(self._turn, loop)
            self._begun += 1
            request()
        else:
            self._waiting.append(request)

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._begun = min(STEP, len(self._waiting))
        if self._begun:
            loop.call_soon(self._turn, loop)
        for _ in range(self._begun):
            self._waiting.popleft()()


class Turnstile(Protocol):
    """One connection. `crowd`: who is in; `line`: who begins next; `most`: connections at once."""

    crowd: ClassVar[Crowd]
    line: ClassVar[Line]
    most: ClassVar[int | None]

    def on_headers_complete(self) -> None:
        """Let a request in, or refuse it."""
        beyond = self.most is not None and len(self.connections) > self.most
        if not beyond and len(self.tasks) + len(self.line) < self.crowd.most:
            super().on_headers_complete()
            return
        refusal = self.crowd.refusal(self.url) if self._is_plain() else None
        if refusal is not None:
            self._refuse(refusal, close=beyond or self._leaving.now)
            return
        if beyond:
            self.scope["extensions"][BEYOND] = {}
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """As uvicorn does it, when its turn comes."""
        start = super()._start_asgi_task
        self.line.begin(lambda: start(cycle, app), self.loop)

    def _is_plain(self) -> bool:
        """Whether the request ends with its head, nothing before it is unanswered, and the connection stays."""
        return (
            self.parser.get_method() in _PLAIN
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and (self.cycle is None or self.cycle.response_complete)
            and _LENGTH.isdisjoint(name for name, _ in self.headers)
        )

    def _refuse(self, refusal: tuple[bytes, bytes], *, close: bool) -> None:
        self.crowd.turned_away()
        self.cycle = _ANSWERED
        more = (*self.server_state.default_headers, *(OVER_TLS if self.scheme == "https" else ()))
        self.transport.write(whole(refusal, close=close, more=more))
        if close:
            self.transport.close()
        else:
            self.on_response_complete()


def turnstile(crowd: Crowd, most: int | None) -> type[Turnstile]:
    """The protocol of a server whose application has this crowd."""
    return type("Turnstile", (Turnstile,), {"crowd": crowd, "line": Line(), "most": most})
