"""Where connections come in: what cannot be let in is refused before it costs anything, in a fortieth of a millisecond.

Whoever refuses late or dearly in an overload has no time left for those it could serve. So a full crowd, and more connections than may be,
are told to a request here, as soon as its head is read: no task, no routing, no log line. That goes for requests without a body on a
connection that stays; all others go the usual way and are refused there. Those that are let in begin a few at a time, so that the loop
comes back to the sockets in between: else a burst of the one would keep those waiting who only want to hear a no.

Who comes again sooner than it was told to hears its next no a little later (`impatient.py`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar, cast

from gateway.edge.connection import Protocol
from gateway.edge.crowd import BEYOND, DEPARTURE, Crowd, around, whole
from gateway.edge.hardened import OVER_TLS
from gateway.edge.impatient import AGAIN, ANSWERED, Held, Impatient
from gateway.nevisidm.places import Departure

_PLAIN = frozenset((b"GET", b"DELETE"))
_LENGTH = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
STEP = 8
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
    """One connection. `crowd`: who is in; `line`: who begins next; `impatient`: who is told no later; `most`: connections at once."""

    crowd: ClassVar[Crowd]
    line: ClassVar[Line]
    impatient: ClassVar[Impatient]
    most: ClassVar[int | None]
    _refused = float("-inf")
    _held: Held | None = None
    """The last no that was held back, told or not."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Each request can see whether who sent it is gone."""
        super().connection_made(transport)
        self._departure = self._shown[DEPARTURE] = Departure()

    def connection_lost(self, exc: Exception | None) -> None:
        """What waits for who is gone waits no more."""
        super().connection_lost(exc)
        self._departure.happen()

    def data_received(self, data: bytes) -> None:
        """As uvicorn does it, but for the very request that was just refused."""
        held = self._held
        if held is not None:
            if self._is_held_again(held, data):
                return
            held.asked = None
        super().data_received(data)
        if self._held is not held and self._known is not None:  # the bytes were one whole request
            cast("Held", self._held).asked = data

    def _is_held_again(self, held: Held, data: bytes) -> bool:
        """Hold back the next no, if this is the same request as before and there is no room for it."""
        again = data == held.asked and held.response_complete and not self._leaving.now
        if not again or self._has_room(held.whose) or self.loop.time() - self._refused > AGAIN:
            return False
        self._unset_keepalive_if_required()
        held.response_complete = False
        self.cycle = held  # type: ignore[assignment]
        self.impatient.take(self, self.loop)
        return True

    def _has_room(self, whose: int | None = None) -> bool:
        """For a request of its caller, or of `whose`."""
        crowd = self.crowd
        if len(self.tasks) + len(self.line) >= crowd.most:
            return False
        return not crowd.refuses or not crowd.is_refused(crowd.known(self.headers) if whose is None else whose)

    def on_headers_complete(self) -> None:
        """Let a request in, or refuse it."""
        beyond = self.most is not None and len(self.connections) > self.most
        if not beyond and self._has_room():
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
        """As uvicorn does it, when its turn comes; unless its caller was told meanwhile that there is no room."""
        start = super()._start_asgi_task

        def begin() -> None:
            if not self._is_told(cycle):
                start(cycle, app)

        self.line.begin(begin, self.loop)

    def _is_told(self, cycle: Any) -> bool:
        """Refuse a request that waited in the line, if it would be refused were it to come now."""
        crowd, scope = self.crowd, cycle.scope
        if not crowd.refuses or not crowd.is_refused(crowd.known(scope["headers"])) or not _is_bodiless(scope):
            return False
        refusal = crowd.refusal(scope["raw_path"])
        if refusal is None or cycle.disconnected:
            return False
        cycle.response_complete = True
        self._refuse(refusal, close=self._leaving.now or not cycle.keep_alive)
        return True

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
        held = self._held
        if held is None or held.disconnected:
            return
        held.response_complete = True
        if self._leaving.now or not held.keep_alive:
            self._refuse(held.refusal, close=True)
        else:
            self._say(held.said)

    def _hold(self, refusal: tuple[bytes, bytes]) -> None:
        said, whose = self._around(refusal, close=False), self.crowd.known(self.headers)
        self._held = self.cycle = Held(refusal, said, whose)  # type: ignore[assignment]
        self.impatient.take(self, self.loop)

    def _refuse(self, refusal: tuple[bytes, bytes], *, close: bool) -> None:
        self._say(self._around(refusal, close=close))
        if close:
            self.transport.close()

    def _around(self, refusal: tuple[bytes, bytes], *, close: bool) -> tuple[bytes, bytes]:
        more = (*self.server_state.default_headers, *(OVER_TLS if self.scheme == "https" else ()))
        return around(refusal, close=close, more=more)

    def _say(self, said: tuple[bytes, bytes]) -> None:
        self.crowd.turned_away()
        self._refused = self.loop.time()
        if self.cycle is None or self.cycle.response_complete:  # else another request waits behind this one
            self.cycle = ANSWERED
        self.transport.write(whole(said))
        self.on_response_complete()


def _is_bodiless(scope: Any) -> bool:
    """Whether a request ends with its head."""
    plain = scope["method"].encode() in _PLAIN and scope["http_version"] == "1.1"
    return plain and _LENGTH.isdisjoint(name for name, _ in scope["headers"])


def turnstile(crowd: Crowd, most: int | None) -> type[Turnstile]:
    """The protocol of a server whose application has this crowd."""
    return type("Turnstile", (Turnstile,), {"crowd": crowd, "line": Line(), "impatient": Impatient(), "most": most})
