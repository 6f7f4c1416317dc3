"""The same change sent twice is done once: `opc-retry-token` (IDCS section 2, kept for 24 hours there as here).

A caller that repeats a change with the token it gave first is told the first answer again, and nevisIDM is not called. The token belongs to
its caller and to that one request. Decided here:

- The token with another request is GW125, with one that is still under way GW126 (409 both, as OCI answers).
- An answer is kept unless the same request may end otherwise by itself: faults and overload are not, but what must not be repeated
  (GW505, GW506, GW508) is. Success and refusal are the first answer alike.
- What was checked rather than stored (a password), what came with a person's own login, and a POST whose answer may hold a secret that is
  told once, is told again for minutes only.
- `Answers` is where they are kept, bounded in number and bytes: an answer that had to make room is not told again. The one here is this
  process's own; that of replicas is in `answers.py`.
- What is under way holds its token for minutes at most, so that a process that was killed in the middle holds none.

Callers, tokens and requests are kept as keyed digests only, as requests may hold passwords.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import BadRequest, ScimError
from gateway.scim.bulk import is_bulk
from gateway.scim.question import Question
from gateway.scim.reply import Reply, error_reply
from gateway.shared.in_process import InProcess

LIFETIME = 24 * 3600.0
"""Seconds for which an answer is told again."""
BRIEFLY = 300.0
"""Seconds for an answer that rests on a check: a password or a login that was good may not be so any more."""

LEASE = 600.0
"""Seconds for which a change may be under way: longer than any deadline."""

_HARMLESS = frozenset(("PUT", "PATCH", "DELETE"))
_CHANGING = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_MEANT = ("content-type", "if-match", "if-none-match", "prefer", "resource_type_schema_version")
_DECIDED = frozenset(("GW505", "GW506", "GW508"))
_PASSING = frozenset(("GW126", "GW304", "GW307", "GW406"))


@dataclass(frozen=True, slots=True)
class First:
    """What the first request with a token was (a digest), and its answer; `reply` None: it is still under way."""

    request: bytes
    reply: Reply | None = field(default=None, repr=False)


class Answers(Protocol):
    """Where first answers are kept, each for its seconds."""

    async def begin(self, token: bytes, first: First, seconds: float, *, harmless: bool = False) -> First | None:
        """Keep `first` unless there is one for the token already, which is returned; in one step.

        `harmless`: to do it twice changes nothing more. Raises Unavailable GW510 where it cannot be known.
        """

    async def keep(self, token: bytes, first: First, seconds: float) -> None:
        """Keep `first` in place of what `begin` kept."""

    async def forget(self, token: bytes) -> None:
        """As if the token had never come."""


class Remembered:
    """Answers in this process: at most `most` of them with at most `most_bytes` of bodies; the oldest make room."""

    def __init__(
        self, most: int = 10_000, most_bytes: int = 32_000_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[First, float]] = OrderedDict()
        self._bytes = 0

    async def begin(self, token: bytes, first: First, seconds: float, *, harmless: bool = False) -> First | None:  # noqa: ARG002
        """See `Answers`."""
        known = await self.peek(token)
        if known is not None:
            return known[0]
        self._put(token, first, seconds)
        return None

    async def peek(self, token: bytes) -> tuple[First, float] | None:
        """What is kept for the token, and for how many more seconds."""
        known = self._kept.get(token)
        left = known[1] - self._clock() if known is not None else 0.0
        return (known[0], left) if known is not None and left > 0 else None

    async def keep(self, token: bytes, first: First, seconds: float) -> None:
        """See `Answers`."""
        self._put(token, first, seconds)

    async def forget(self, token: bytes) -> None:
        """See `Answers`."""
        known = self._kept.pop(token, None)
        if known is not None:
            self._bytes -= _size(known[0])

    def _put(self, token: bytes, first: First, seconds: float) -> None:
        known = self._kept.pop(token, None)
        self._bytes += _size(first) - (_size(known[0]) if known is not None else 0)
        self._kept[token] = (first, self._clock() + seconds)
        if len(self._kept) > self._most or self._bytes > self._most_bytes:
            self._make_room()

    def _make_room(self) -> None:
        """Drop the oldest answers. What is under way stays: it is short, and as many as requests are."""
        for token, (first, _) in [*self._kept.items()]:
            if len(self._kept) <= self._most and self._bytes <= self._most_bytes:
                return
            if first.reply is not None:
                del self._kept[token]
                self._bytes -= _size(first)


class Retries:
    """Does a change once for each retry token."""

    def __init__(
        self, answers: Answers | None = None, digest: Callable[..., bytes] | None = None, lease: float = LEASE
    ) -> None:
        self._answers: Answers = answers if answers is not None else Remembered()
        self._hash = digest or InProcess().digest
        self._lease = lease

    async def once(self, question: Question, work: Callable[[], Awaitable[Reply]]) -> Reply:
        """The reply of `work`, or the one that its first run had.

        Raises what `work` raises, and BadRequest GW125 (the token was another request's), GW126 (the first run has not ended).
        """
        token = question.headers.get("opc-retry-token", "").strip()
        if not token or not _changes(question):
            return await work()
        name, seconds = self._name(question, token), _seconds(question)
        mine = First(self._digest(question))
        harmless = question.method in _HARMLESS
        known = await self._answers.begin(name, mine, self._lease, harmless=harmless)
        return await self._first(name, mine, seconds, question, work) if known is None else _again(known, mine)

    async def _first(
        self, name: bytes, mine: First, seconds: float, question: Question, work: Callable[[], Awaitable[Reply]]
    ) -> Reply:
        try:
            reply = await work()
        except ScimError as error:
            if _is_decided(error):
                await self._answers.keep(name, First(mine.request, error_reply(error, question.dialect)), seconds)
            else:
                await self._answers.forget(name)
            raise
        except BaseException:
            await self._answers.forget(name)
            raise
        await self._answers.keep(name, First(mine.request, reply), seconds)
        return reply

    def _name(self, question: Question, token: str) -> bytes:
        caller = question.caller
        held = " ".join(sorted(caller.roles))
        return self._hash(
            caller.subject, held, caller.tenant or "", caller.authorization or "", caller.x_token or "", token
        )

    def _digest(self, question: Question) -> bytes:
        meant = (question.headers.get(name, "") for name in _MEANT)
        return self._hash(question.method, question.base, question.tail, question.query, *meant, question.body)


def _again(known: First, mine: First) -> Reply:
    if known.request != mine.request:
        raise BadRequest(
            "GW125", "This opc-retry-token came with another request before; use a new token for each request."
        )
    if known.reply is None:
        raise BadRequest("GW126", "The first request with this opc-retry-token has not ended yet.", retry_after=1)
    return known.reply


def _changes(question: Question) -> bool:
    """Whether the request may change something: a search by POST does not."""
    return question.method in _CHANGING and question.steps[-1].lower() != ".search"


def _seconds(question: Question) -> float:
    """How long the answer is told. A bulk that has the name of an address that checks or tells secrets in it may hold one."""
    checks = [name for name, kind in question.types.items() if "act" in kind.verbs or kind.tells_once]
    body = question.body.lower() if is_bulk(question.tail) else b""
    checked = question.steps[0] in checks or any(name.encode() in body for name in checks)
    return BRIEFLY if checked or question.caller.is_self else LIFETIME


def _is_decided(error: ScimError) -> bool:
    """Whether the same request would be refused again, or must not be tried again."""
    code = error.code.code
    return code in _DECIDED or (error.status < 500 and code not in _PASSING)


def _size(first: First) -> int:
    return len(first.reply.body or b"") if first.reply is not None else 0
