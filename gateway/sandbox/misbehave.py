"""A sandbox that misbehaves on demand: a pure-ASGI wrapper whose faults can be set, changed and taken back while it runs.

A `Fault` says when it strikes (method, path pattern, every nth call, how often in all) and what it does: be late, never answer, answer
with a status of its own, or spoil the answer of the sandbox behind it. "before" means the call had no effect, "after" that it had one
and the caller does not learn of it, which is the difference that matters to a gateway that may want to try again.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

Effect = Literal[
    "none",  # only the latency
    "hang",  # never an answer, no effect
    "hang_after",  # never an answer, the effect has happened
    "status",  # `status` with an ErrorDTO (of `code`), with a proxy's page (429, 502 to 504), or bare (401); no effect
    "status_after",  # the same, but the effect has happened
    "html404",  # the proxy's own page, as for a wrong base path
    "truncated",  # half of the body, under the whole one's length
    "wrong_type",  # the right body called text/html
    "empty",  # the right status without a body
    "not_json",  # the right status and type with a body that is no JSON
    "reset_before",  # the connection breaks, no effect
    "reset_after",  # the connection breaks after the effect
    "twice",  # the call arrives twice, and the second answer is the one that is heard
]

EFFECTS: dict[str, Effect] = {effect: effect for effect in get_args(Effect)}

_HTML = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"
_PROXY = frozenset((429, 502, 503, 504))  # said by what stands before nevisIDM, so it has no ErrorDTO


# What a client must never read, in the manner of what nevisIDM says itself.
_BAIT = "ch.nevis.idm.SandboxException: The sandbox was told to fail at 'secret-4711'."


class ConnectionBroken(ConnectionResetError):
    """Raised out of the app to stand for a connection that breaks."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` is a regular expression found anywhere in the path.

    `every=3` strikes at the 3rd, 6th, … matching call, `times` so often in all; the first `skip` matching calls are let through uncounted.
    """

    effect: Effect = "none"
    status: int = 503
    latency: float = 0.0
    retry_after: int | None = None
    method: str | None = None
    path: str = ""
    every: int = 1
    times: int | None = None
    code: str = ""  # of an ErrorDTO; errors.fatalError when empty
    skip: int = 0

    def fits(self, method: str, path: str) -> bool:
        """Whether a call is one this fault looks at."""
        return self.method in (None, method) and re.search(self.path, path) is not None

    @classmethod
    def parse(cls, text: str) -> Fault:
        """A fault from `effect,name=value,…`, as in `status,status=429,retry_after=2,path=/users`; ValueError says what is wrong."""
        effect, *settings = text.split(",")
        if effect not in EFFECTS:
            raise ValueError(f"There is no fault {effect!r}: it is one of {', '.join(EFFECTS)}.")
        return dataclasses.replace(cls(effect=EFFECTS[effect]), **dict(_setting(setting) for setting in settings))


class Misbehaviour:
    """Wraps an ASGI app. `faults` is looked at afresh for each call; the first that strikes wins.

    `broken` makes the exception that stands for a broken connection; a test over an in-process transport passes its client's own.
    """

    def __init__(
        self, app: App, faults: Iterable[Fault] = (), *, broken: Callable[[str], Exception] = ConnectionBroken
    ) -> None:
        self.app = app
        self.broken = broken
        self.faults: list[Fault] = list(faults)
        self._seen: dict[Fault, int] = {}
        self._struck: dict[Fault, int] = {}

    def clear(self) -> None:
        """No faults any more, and their counts forgotten."""
        self.faults.clear()
        self._seen.clear()
        self._struck.clear()

    def struck(self, fault: Fault) -> int:
        """How often a fault has struck."""
        return self._struck.get(fault, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._pick(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        await asyncio.sleep(fault.latency)
        await self._strike(fault, scope, receive, send)

    def _pick(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.fits(method, path) and self._is_due(fault):
                return fault
        return None

    def _is_due(self, fault: Fault) -> bool:
        self._seen[fault] = self._seen.get(fault, 0) + 1
        seen = self._seen[fault] - fault.skip
        due = seen > 0 and seen % fault.every == 0 and (fault.times is None or self.struck(fault) < fault.times)
        if due:
            self._struck[fault] = self.struck(fault) + 1
        return due

    async def _strike(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.effect == "none":
            await self.app(scope, receive, send)
            return
        if fault.effect in _WITHOUT_EFFECT:
            await _drain(receive)
            answer = _Answer()
        else:
            body = await _drain(receive)
            if fault.effect == "twice":
                await self._answer(scope, _replayed(body))
            answer = await self._answer(scope, _replayed(body))
        if fault.effect.startswith("reset"):
            raise self.broken("the sandbox was told to break the connection")
        if fault.effect.startswith("hang"):
            await asyncio.Event().wait()
        await _spoilt(fault, answer).send(send)
        if fault.effect == "truncated":
            raise self.broken("the sandbox was told to stop in the middle of its answer")

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer:
        """What the sandbox behind would have said."""
        answer = _Answer()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message.get("headers", ()))
            else:
                answer.body += message.get("body", b"")

        await self.app(scope, receive, keep)
        return answer


_WITHOUT_EFFECT = ("hang", "status", "html404", "reset_before")


@dataclass(slots=True)
class _Answer:
    """A whole response, kept back."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = dataclasses.field(default_factory=list)
    body: bytes = b""
    sized: bool = True  # False: the Content-Length stays what it was

    async def send(self, send: Send) -> None:
        headers = self.headers if not self.sized else _with(self.headers, b"content-length", b"%d" % len(self.body))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": not self.sized})


def _spoilt(fault: Fault, answer: _Answer) -> _Answer:
    if fault.effect in ("status", "status_after"):
        return _refusal(fault)
    if fault.effect == "html404":
        return _Answer(404, [(b"content-type", b"text/html;charset=UTF-8")], _HTML)
    if fault.effect == "truncated":
        whole = _with(answer.headers, b"content-length", b"%d" % len(answer.body))
        return _Answer(answer.status, whole, answer.body[: len(answer.body) // 2], sized=False)
    if fault.effect == "wrong_type":
        return _Answer(answer.status, _with(answer.headers, b"content-type", b"text/html"), answer.body)
    if fault.effect == "not_json":
        return _Answer(answer.status, answer.headers, b'{"items": [')
    return answer if fault.effect == "twice" else _Answer(answer.status, answer.headers)


def _refusal(fault: Fault) -> _Answer:
    headers = [] if fault.retry_after is None else [(b"retry-after", b"%d" % fault.retry_after)]
    if fault.status == 401 and not fault.code:
        return _Answer(401, [*headers, (b"www-authenticate", b"Bearer")])
    if fault.status in _PROXY and not fault.code:
        return _Answer(fault.status, [*headers, (b"content-type", b"text/html;charset=UTF-8")], _HTML)
    body = orjson.dumps({"errors": [{"code": fault.code or "errors.fatalError", "message": _BAIT}]})
    return _Answer(fault.status, [*headers, (b"content-type", b"application/json")], body)


def _with(headers: Iterable[tuple[bytes, bytes]], name: bytes, value: bytes) -> list[tuple[bytes, bytes]]:
    return [(key, old) for key, old in headers if key.lower() != name] + [(name, value)]


async def _drain(receive: Receive) -> bytes:
    message = await receive()
    body = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return bytes(body)


def _replayed(body: bytes) -> Receive:
    """A request's body to be read once more."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _setting(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    types: dict[str, Callable[[str], Any]] = {
        "status": int,
        "code": str,
        "latency": float,
        "retry_after": int,
        "method": str.upper,
        "path": str,
        "every": int,
        "times": int,
        "skip": int,
    }
    if name not in types:
        raise ValueError(f"A fault has no setting {name!r}: it has {', '.join(types)}.")
    return name, types[name](value)
