"""Where connections come in: what cannot be let in is refused before it costs anything, in a fortieth of a millisecond.

Whoever refuses late or dearly in an overload has no time left for those it could serve. So a full crowd, and more connections than may be,
are told to a request here, as soon as its head is read: no task, no routing, no log line. That goes for requests without a body on a
connection that stays; all others go the usual way and are refused there. Those that are let in begin a few at a time, so that the loop
comes back to the sockets in between: else a burst of the one would keep those waiting who only want to hear a no.

Who comes again sooner than it was told to would eat up the time of those who are served. Its next no comes `HOLD` seconds after it asked:
late enough that thousands of such callers leave room to serve, early enough to be told in time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

from gateway.edge.connection import Protocol
from gateway.edge.crowd import BEYOND, DEPARTURE, Crowd, whole
from gateway.edge.hardened import OVER_TLS
from gateway.nevisidm.places import Departure

_PLAIN = frozenset((b"GET", b"DELETE"))
_LENGTH = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
_ANSWERED: Any = SimpleNamespace(response_complete=True, message_event=SimpleNamespace(set=lambda: None))
"""What uvicorn finds where a request was that has been answered."""
STEP = 32
"""Requests that begin in one turn of the loop."""
AGAIN = 0.95
"""Seconds after a no before which nobody was to come again, with some allowance: Retry-After says 1."""
HOLD = 0.07
"""Seconds until who comes sooner hears the next one."""
LOOK = 0.005
"""Seconds between looks at who is to be told."""


class Held:
    """What uvicorn finds in the place of a request that has not been refused yet."""

    __slots__ = ("disconnected", "keep_alive", "message_event", "more_body", "refusal", "response_complete")

    def __init__(self, refusal: tuple[bytes, bytes]) -> None:
        self.refusal = refusal
        self.keep_alive = self.more_body = True
        self.disconnected = self.response_complete = False
        self.message_event = _ANSWERED.message_event


class Impatient:
    """Those who came again too soon, in the order in which they are to be told."""

    def __init__(self) -> None:
        self._due: deque[tuple[float, Turnstile]] = deque()

    def take(self, who: Turnstile, loop: asyncio.AbstractEventLoop) -> None:
        """Tell it in a while."""
        if not self._due:
            loop.call_later(HOLD, self._tell, loop)
        self._due.append((loop.time() + HOLD, who))

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time() + LOOK / 2
        while self._due and self._due[0][0] <= now:
            self._due.popleft()[1].tell()
        if self._due:
            loop.call_later(LOOK, self._tell, loop)


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
    """One connection. `crowd`: who is in; `line`: who begins next; `impatient`: who is told no later; `most`: connections at once."""

    crowd: ClassVar[Crowd]
    line: ClassVar[Line]
    impatient: ClassVar[Impatient]
    most: ClassVar[int | None]
    _refused = float("-inf")
    _held: Held | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Each request can see whether who sent it is gone."""
        super().connection_made(transport)
        self._departure = self._shown[DEPARTURE] = Departure()

    def connection_lost(self, exc: Exception | None) -> None:
        """What waits for who is gone waits no more."""
        super().connection_lost(exc)
        self._departure.happen()

    def on_headers_complete(self) -> None:
        """Let a request in, or refuse it."""
        beyond = self.most is not None and len(self.connections) > self.most
        room = len(self.tasks) + len(self.line) < self.crowd.most and not self.crowd.is_refused(self.headers)
        if room and not beyond:
            super().on_headers_complete()
            return
        refusal = self.crowd.refusal(self.url) if self._is_plain() else None
        if refusal is not None:
            close = beyond or self._leaving.now
            if close or self.loop.time() - self._refused > AGAIN:
                self._refuse(refusal, close=close)
            else:
                self._hold(refusal)
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

    def tell(self) -> None:
        """The no that was held back."""
        held, self._held = self._held, None
        if held is None or held.disconnected:
            return
        held.response_complete = True
        self._refuse(held.refusal, close=self._leaving.now or not held.keep_alive)

    def _hold(self, refusal: tuple[bytes, bytes]) -> None:
        self._held = self.cycle = Held(refusal)  # type: ignore[assignment]
        self.impatient.take(self, self.loop)

    def _refuse(self, refusal: tuple[bytes, bytes], *, close: bool) -> None:
        self.crowd.turned_away()
        self._refused = self.loop.time()
        if self.cycle is None or self.cycle.response_complete:  # else another request waits behind this one
            self.cycle = _ANSWERED
        more = (*self.server_state.default_headers, *(OVER_TLS if self.scheme == "https" else ()))
        self.transport.write(whole(refusal, close=close, more=more))
        if close:
            self.transport.close()
        else:
            self.on_response_complete()


def turnstile(crowd: Crowd, most: int | None) -> type[Turnstile]:
    """The protocol of a server whose application has this crowd."""
    return type("Turnstile", (Turnstile,), {"crowd": crowd, "line": Line(), "impatient": Impatient(), "most": most})
