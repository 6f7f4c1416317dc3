"""nevisIDM as a thing to send requests to: addresses, login, time, patience and the bound on how much is under way.

What is promised: a request is sent once, except that a GET whose answer was lost or refused for want of capacity is sent a second time
(`again.py`), and that a 401 is answered with a fresh login if one can be had (nevisIDM authenticates before it does anything, so nothing
was processed). A `once` call is sent once whatever happens, but for a slash that nevisIDM may want at the end of an auth path (gap 43: a
404 from outside nevisIDM has counted no attempt). Where nevisIDM has several addresses (`hosts.py`), what one cannot take goes to the next:
reads, and anything else only if it was surely not sent. Too much at once is refused at once. A reply is a Reply, all else a Refusal.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from gateway.events import SILENT, CallEnded, Events, Forsaken, Shed
from gateway.nevisidm.again import Tries, lost, shed, worth_another
from gateway.nevisidm.call import Refusal, Reply, Request
from gateway.nevisidm.engine import Engine, EngineError, Exchange, Late, LoginLost, Timeouts
from gateway.nevisidm.hosts import Host, Hosts
from gateway.nevisidm.login import Login, LoginRefused, presentable
from gateway.nevisidm.places import Departure, Full, Left, Places
from gateway.nevisidm.reply import retry_after, understand
from gateway.swift import swift
from gateway.trace import Trace

_NO_SEGMENT = re.compile(r"(^|/)\.{1,2}(/|$)|%(0|1|7F|5C)", re.IGNORECASE)
_USUAL = {"Accept": "application/json", "User-Agent": "scim-nevisidm-gateway"}
_WITH_BODY = {"Content-Type": "application/json"}


def _jitter() -> float:
    return random.uniform(0.05, 0.2)  # noqa: S311 (spreads retries, guards nothing)


@swift
@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks in which request: the ids and logins that go with every call of one conversation."""

    request_id: str
    login: Login
    x_token: str | None = field(repr=False)
    deadline: float | None
    trace: Trace | None = None
    whose: str = ""
    begun: bool = False
    departure: Departure | None = None


class Client:
    """A nevisIDM installation, at `base_url` and, while that is away, at `fallback_urls`.

    `paths` overrides the address of an API by its first segment: {"query": "https://search.example/q"}; such calls have one address.
    """

    def __init__(
        self,
        engine: Engine,
        base_url: str,
        login: Login,
        *,
        fallback_urls: Sequence[str] = (),
        api: str = "/nevisidm/api",
        paths: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        max_connections: int = 64,
        max_waiting: int = 512,
        events: Events = SILENT,
        pause: Callable[[], float] = _jitter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        below = "/" + api.strip("/") if api.strip("/") else ""
        self._hosts = Hosts([each.rstrip("/") + below for each in (base_url, *fallback_urls)], events, clock)
        self._paths = {segment: root.rstrip("/") for segment, root in (paths or {}).items()}
        self._login = login
        # the headers of our own login that were looked at once and can be sent, and all that go with a call without a body
        self._known: tuple[Mapping[str, str] | None, Mapping[str, str]] = (None, _USUAL)
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
        trace: Trace | None = None,
        whose: str = "",
        begun: bool = False,
        departure: Departure | None = None,
    ) -> Reply:
        """The reply to one request, as the gateway or as `login` with its `x_token`. `deadline` is a moment of time.monotonic.

        `whose` request it is, and whether nevisIDM has `begun` to answer that; upon the `departure` it does not wait any more (`Places`).

        Raises Refusal. The request was not sent when its kind is "unreachable" or "timeout" and `unknown_outcome` is not set.
        """
        if _is_strange(request.path):
            # "." and ".." would make another path of it; no entity of nevisIDM is called so, nor by control characters
            raise Refusal(request.name, "http", 404, json=True)
        sender = Sender(request_id, login or self._login, x_token, deadline, trace, whose, begun, departure)
        tries = Tries(1 if self._paths and self._is_elsewhere(request) else len(self._hosts))
        tried = tries.hosts
        while True:
            host = self._hosts.choose(reading=request.method == "GET", but=tried) or self._hosts.first
            tried.append(host)
            try:
                return await self._attempt(request, sender, host, len(tried))
            except Refusal as refusal:
                if not worth_another(request, refusal, tries) or not await self._paused(refusal, deadline):
                    raise

    async def _paused(self, refusal: Refusal, deadline: float | None) -> bool:
        """Wait a moment before the next try, no two callers for the same time; False when there is no time for it."""
        pause = 0.0 if refusal.unsent else self._pause()
        if deadline is not None and self._clock() + pause >= deadline:
            return False
        await asyncio.sleep(pause)
        return True

    async def _attempt(self, request: Request, sender: Sender, host: Host, attempt: int) -> Reply:
        """One call in its place. Raises Refusal, `shed` where there is no place for it."""
        places = self._places
        try:
            since = places.grab()
            if since is None:
                since = await places.take(self._patience(sender), sender.whose, sender.begun, sender.departure)
        except Full as full:
            self._events.emit(Shed(sender.request_id, request.name))
            raise shed(request, full.moment) from None
        except Left:
            self._events.emit(Forsaken(sender.request_id, request.name))
            raise shed(request) from None
        else:
            try:
                return await self._placed(request, sender, host, attempt)
            finally:
                if places.give_back(since):
                    await places.aside.step()  # what takes this place is sent before this answer is read
        finally:
            self._hosts.given_up(host)

    async def _placed(self, request: Request, sender: Sender, host: Host, attempt: int) -> Reply:
        """One exchange, told as an event, and a second one where the first was about the login or the slash only."""
        began = self._clock()
        status: int | None = None
        span: Trace | None = None
        if sender.trace is not None:
            span = sender.trace.child()
            sender = dataclasses.replace(sender, trace=span)
        try:
            login = sender.login.at_hand()
            headers = self._headers(request, sender, await self._logged_in(sender) if login is None else login)
            exchange = await self._exchange(request, headers, sender.deadline, host)
            if exchange.status >= 400:
                exchange = await self._once_more(exchange, request, headers, sender, host)
            status = exchange.status
            return understand(request, exchange)
        except EngineError as error:
            raise lost(request, error) from None
        except LoginRefused as error:
            raise _not_logged_in(request, error) from None
        finally:
            self._events.emit(CallEnded(sender.request_id, request.name, status, self._clock() - began, attempt, span))

    async def _once_more(
        self, exchange: Exchange, request: Request, headers: Mapping[str, str], sender: Sender, host: Host
    ) -> Exchange:
        """What an exchange comes to that was refused: a second one, or itself."""
        if exchange.status == 401 and not request.once and sender.login.refused(headers):
            again = self._headers(request, sender, await self._logged_in(sender))
            return await self._exchange(request, again, sender.deadline, host)
        if exchange.status == 401:
            sender.login.refused(headers)
        if exchange.status == 404 and _is_auth(request) and not self._slash and _foreign(request, exchange):
            other = await self._exchange(_slashed(request), headers, sender.deadline, host)
            self._slash = not (other.status == 404 and _foreign(request, other))
            return other if self._slash else exchange
        return exchange

    async def _exchange(
        self, request: Request, headers: Mapping[str, str], deadline: float | None, host: Host
    ) -> Exchange:
        sent = _slashed(request) if self._slash and _is_auth(request) else request
        body = None if sent.body is None else orjson.dumps(sent.body)
        bounds = self._bounds(deadline)
        if self._paths and self._is_elsewhere(request):
            return await self._engine.exchange(sent.method, self.url(sent), headers, body, bounds)
        began = self._clock()
        try:
            exchange = await self._engine.exchange(sent.method, self.url(sent, host), headers, body, bounds)
        except EngineError as error:
            self._hosts.failed(host, error, self._clock() - began, self._timeouts.read)
            raise
        self._hosts.answered(host, exchange, retry_after(exchange.headers) if exchange.status == 503 else None)
        return exchange

    def url(self, request: Request, host: Host | None = None) -> str:
        """The absolute address of a request, at the usual host or another one."""
        root, path = (host or self._hosts.first).root, request.path
        if self._paths and self._is_elsewhere(request):
            segment = _segment(request)
            root, path = self._paths[segment], path.lstrip("/")[len(segment) :]
        if not request.query:
            return f"{root}{path}"
        return f"{root}{path}?{'&'.join([f'{_encoded(name)}={_encoded(value)}' for name, value in request.query])}"

    def _is_elsewhere(self, request: Request) -> bool:
        """Whether the request goes to an address of its API's own."""
        return _segment(request) in self._paths

    def _headers(self, request: Request, sender: Sender, login: Mapping[str, str]) -> Mapping[str, str]:
        """What goes with a call, which nobody may change. Raises Refusal 401 when a caller's own login cannot even be sent."""
        known, usual = self._known
        if login is known and request.body is None and sender.x_token is None and sender.trace is None:
            return usual
        headers = {**_USUAL, **login} if request.body is None else {**_USUAL, **_WITH_BODY, **login}
        if sender.x_token is not None:
            headers["X-Token"] = sender.x_token
        if sender.trace is not None:
            headers["traceparent"] = sender.trace.header
        if (login is not known or sender.x_token is not None) and not all(map(presentable, headers.values())):
            raise Refusal(request.name, "http", 401)
        if sender.login is self._login and login is not known:
            self._known = login, {**_USUAL, **login}
        return headers

    async def _logged_in(self, sender: Sender) -> Mapping[str, str]:
        """The login's headers. Whatever goes wrong on the way to them, the request itself was not sent."""
        try:
            return await sender.login.headers(self._engine)
        except EngineError as error:
            raise LoginLost(str(error)) from None

    def _bounds(self, deadline: float | None) -> Timeouts:
        if deadline is None:
            return self._timeouts
        left = deadline - self._clock()
        if left <= 0:
            raise Late("no time left")
        usual = self._timeouts
        return Timeouts(usual.connect, usual.read, left if usual.total is None else min(left, usual.total))

    def _patience(self, sender: Sender) -> float:
        """How long to wait for a place: it is part of the time to connect; what was begun waits as long as it has time."""
        if sender.deadline is None:
            return self._timeouts.connect
        left = max(0.0, sender.deadline - self._clock())
        return left if sender.begun else min(self._timeouts.connect, left)


def _not_logged_in(request: Request, error: LoginRefused) -> Refusal:
    """A token endpoint that says no is nevisIDM's 401; one that fails makes nevisIDM unreachable."""
    return Refusal(request.name, "http", 401) if error.status < 500 else Refusal(request.name, "unreachable")


def _is_strange(path: str) -> bool:
    """Whether a path has a segment that would make another path of it, or a control character."""
    return ("." in path or "%" in path) and _NO_SEGMENT.search(path) is not None


def _encoded(text: str) -> str:
    """A name or value of a query, percent-encoded."""
    return text if text.isascii() and text.replace("_", "a").isalnum() else quote(text, safe="")


def _segment(request: Request) -> str:
    """The API that a request is for: the first part of its path."""
    return request.path.lstrip("/").partition("/")[0]


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
