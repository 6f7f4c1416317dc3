"""nevisIDM as a thing to send requests to: addresses, login, time, patience and the bound on how much is under way.

What is promised: a request is sent once, except that a GET whose answer was lost or refused for want of capacity is sent a second time, and
that a 401 is answered with a fresh login if one can be had (nevisIDM authenticates before it does anything, so nothing was
processed). A `once` call is sent once whatever happens, but for a slash that nevisIDM may want at the end of an auth path (gap 43: a 404
from outside nevisIDM has counted no attempt). Too much at once is refused at once. A reply is a Reply, all else a Refusal.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import orjson

from gateway.events import SILENT, CallEnded, Events
from gateway.nevisidm.call import Kind, Refusal, Reply, Request
from gateway.nevisidm.engine import Engine, EngineError, Exchange, Timeout, Timeouts, Unreachable
from gateway.nevisidm.login import Login, LoginRefused, presentable
from gateway.nevisidm.places import Full, Places
from gateway.nevisidm.reply import understand

_NO_SEGMENT = re.compile(r"(^|/)\.{1,2}(/|$)|%(0|1|7F|5C)", re.IGNORECASE)
_PASSING = frozenset({502, 503, 504})


def _jitter() -> float:
    return random.uniform(0.05, 0.2)  # noqa: S311 (spreads retries, guards nothing)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks in which request: the ids and logins that go with every call of one conversation."""

    request_id: str
    login: Login
    x_token: str | None = field(repr=False)
    deadline: float | None


class Client:
    """A nevisIDM installation. `paths` overrides the address of an API by its first segment: {"query": "https://search.example/q"}."""

    def __init__(
        self,
        engine: Engine,
        base_url: str,
        login: Login,
        *,
        api: str = "/nevisidm/api",
        paths: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        max_connections: int = 64,
        max_waiting: int = 256,
        events: Events = SILENT,
        pause: Callable[[], float] = _jitter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._root = base_url.rstrip("/") + "/" + api.strip("/") if api.strip("/") else base_url.rstrip("/")
        self._paths = {segment: root.rstrip("/") for segment, root in (paths or {}).items()}
        self._login = login
        self._timeouts = timeouts or Timeouts()
        self._places = Places(max_connections, max_waiting)
        self._events = events
        self._pause = pause
        self._clock = clock
        self._slash = False  # whether auth paths end in a slash here (gap 43)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._engine.aclose()

    async def send(
        self,
        request: Request,
        *,
        request_id: str,
        login: Login | None = None,
        x_token: str | None = None,
        deadline: float | None = None,
    ) -> Reply:
        """The reply to one request, as the gateway or as `login` with its `x_token`. `deadline` is a moment of time.monotonic.

        Raises Refusal. The request was not sent when its kind is "unreachable" or "timeout" and `unknown_outcome` is not set.
        """
        if _NO_SEGMENT.search(request.path):
            # "." and ".." would make another path of it; no entity of nevisIDM is called so, nor by control characters
            raise Refusal(request.name, "http", 404, json=True)
        sender = Sender(request_id, login or self._login, x_token, deadline)
        try:
            return await self._attempt(request, sender, 1)
        except Refusal as refusal:
            if not await self._worth_repeating(request, refusal, deadline):
                raise
        return await self._attempt(request, sender, 2)

    async def _worth_repeating(self, request: Request, refusal: Refusal, deadline: float | None) -> bool:
        """Whether a second try may help, after a short wait; never when it could do or count something twice."""
        cut_off = (refusal.kind, refusal.status) == ("broken", None)
        passing = cut_off or refusal.kind == "unreachable" or refusal.status in _PASSING
        if request.method != "GET" or request.once or not passing or refusal.retry_after is not None:
            return False
        pause = self._pause()
        if deadline is not None and self._clock() + pause >= deadline:
            return False
        await asyncio.sleep(pause)
        return True

    async def _attempt(self, request: Request, sender: Sender, attempt: int) -> Reply:
        began = self._clock()
        status: int | None = None
        try:
            async with self._places.taken(self._patience(sender.deadline)):
                exchange = await self._converse(request, sender)
            status = exchange.status
            return understand(request, exchange)
        except Full:
            raise Refusal(request.name, "unreachable", retry_after=1) from None
        except EngineError as error:
            raise _lost(request, error) from None
        except LoginRefused as error:
            raise _not_logged_in(request, error) from None
        finally:
            self._events.emit(CallEnded(sender.request_id, request.name, status, self._clock() - began, attempt))

    async def _converse(self, request: Request, sender: Sender) -> Exchange:
        """One exchange, and a second one where the first was about the login or the slash only."""
        headers = await self._headers(request, sender)
        exchange = await self._exchange(request, headers, sender.deadline)
        if exchange.status == 401 and not request.once and sender.login.refused(headers):
            return await self._exchange(request, await self._headers(request, sender), sender.deadline)
        if exchange.status == 401:
            sender.login.refused(headers)
        if exchange.status == 404 and _is_auth(request) and not self._slash and _foreign(request, exchange):
            other = await self._exchange(_slashed(request), headers, sender.deadline)
            self._slash = not (other.status == 404 and _foreign(request, other))
            return other if self._slash else exchange
        return exchange

    async def _exchange(self, request: Request, headers: Mapping[str, str], deadline: float | None) -> Exchange:
        sent = _slashed(request) if self._slash and _is_auth(request) else request
        body = None if sent.body is None else orjson.dumps(sent.body)
        return await self._engine.exchange(sent.method, self.url(sent), headers, body, self._bounds(deadline))

    def url(self, request: Request) -> str:
        """The absolute address of a request."""
        segment = request.path.lstrip("/").partition("/")[0]
        root, path = self._root, request.path
        if segment in self._paths:
            root, path = self._paths[segment], path.lstrip("/")[len(segment) :]
        query = "?" + urlencode(request.query, quote_via=quote) if request.query else ""
        return f"{root}{path}{query}"

    async def _headers(self, request: Request, sender: Sender) -> dict[str, str]:
        """Raises LoginRefused; Refusal 401 when a caller's own login cannot even be sent."""
        headers = {"Accept": "application/json", "User-Agent": "scim-nevisidm-gateway"}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        headers.update(await self._logged_in(sender))
        if sender.x_token is not None:
            headers["X-Token"] = sender.x_token
        if not all(presentable(value) for value in headers.values()):
            raise Refusal(request.name, "http", 401)
        return headers

    async def _logged_in(self, sender: Sender) -> Mapping[str, str]:
        """The login's headers. Whatever goes wrong on the way to them, the request itself was not sent."""
        try:
            return await sender.login.headers(self._engine)
        except EngineError as error:
            raise Unreachable(str(error), sent=False) from None

    def _bounds(self, deadline: float | None) -> Timeouts:
        if deadline is None:
            return self._timeouts
        left = deadline - self._clock()
        if left <= 0:
            raise _Late("no time left")
        total = self._timeouts.total
        return dataclasses.replace(self._timeouts, total=left if total is None else min(left, total))

    def _patience(self, deadline: float | None) -> float:
        """How long to wait for a place: it is part of the time to connect."""
        left = self._timeouts.connect if deadline is None else deadline - self._clock()
        return max(0.0, min(self._timeouts.connect, left))


class _Late(EngineError):
    """The deadline passed before anything was sent."""

    sent = False


def _lost(request: Request, error: EngineError) -> Refusal:
    """What an engine's failure is to the caller: for a write that may have arrived, an unknown outcome."""
    kind: Kind = "broken"
    if isinstance(error, Timeout | _Late):
        kind = "timeout"
    elif isinstance(error, Unreachable):
        kind = "unreachable"
    return Refusal(request.name, kind, unknown_outcome=error.sent and request.method != "GET")


def _not_logged_in(request: Request, error: LoginRefused) -> Refusal:
    """A token endpoint that says no is nevisIDM's 401; one that fails makes nevisIDM unreachable."""
    return Refusal(request.name, "http", 401) if error.status < 500 else Refusal(request.name, "unreachable")


def _is_auth(request: Request) -> bool:
    return request.path.startswith("/auth/") and not request.path.endswith("/")


def _slashed(request: Request) -> Request:
    return dataclasses.replace(request, path=request.path + "/")


def _foreign(request: Request, exchange: Exchange) -> bool:
    """Whether an answer does not come from nevisIDM's own REST code."""
    try:
        understand(request, exchange)
    except Refusal as refusal:
        return not refusal.json
    return False
