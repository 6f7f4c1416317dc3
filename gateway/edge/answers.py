"""First answers of retry tokens, where replicas share them: the same token at two of them is one change.

Kept here, too: an answer that Redis lost, or never got because it was gone by then, is told by the process that made it, and handed over
at the next sight of its token. A claim without an answer ends by itself after `lease` seconds, so that a process that was killed keeps
nobody out. While Redis is gone nobody knows what the others did: what does no harm twice is done, the rest is 503, or as the settings say.
"""

from __future__ import annotations

import orjson

from gateway.edge.retry import First, Remembered
from gateway.errors import Unavailable
from gateway.scim.reply import Reply
from gateway.shared.state import Lost, Shared

WAIT = 2
"""Seconds told with 503 while Redis is gone: it is asked again every second."""


class Replicated:
    """See `Answers`. `refuse`: a change that does harm twice waits until Redis is back."""

    def __init__(self, shared: Shared, own: Remembered | None = None, *, refuse: bool = True) -> None:
        self._shared = shared
        self._own = own or Remembered()
        self._refuse = refuse

    async def begin(self, token: bytes, first: First, seconds: float, *, harmless: bool = False) -> First | None:
        """See `Answers`. Raises Unavailable GW510."""
        own = await self._own.peek(token)
        try:
            known = await self._shared.claim(_name(token), _text(first), seconds)
        except Lost:
            if own is None and self._refuse and not harmless:
                raise Unavailable(
                    "GW510", "It cannot be seen now whether this opc-retry-token came before.", retry_after=WAIT
                ) from None
            return await self._own.begin(token, first, seconds)
        found = _first(known) if known is not None else None
        if own is None or (found is not None and found.reply is not None):
            return found
        if own[0].reply is not None:
            await self._hand_over(token, *own)
        return own[0]

    async def keep(self, token: bytes, first: First, seconds: float) -> None:
        """See `Answers`."""
        await self._own.keep(token, first, seconds)
        await self._hand_over(token, first, seconds)

    async def forget(self, token: bytes) -> None:
        """See `Answers`."""
        await self._own.forget(token)
        try:
            await self._shared.drop(_name(token))
        except Lost:
            return  # the claim ends by itself

    async def _hand_over(self, token: bytes, first: First, seconds: float) -> None:
        try:
            await self._shared.keep(_name(token), _text(first), seconds)
        except Lost:
            return  # it is kept here, and handed over when it is asked for


def _name(token: bytes) -> tuple[str, bytes]:
    return ("retry", token)


def _text(first: First) -> bytes:
    reply = first.reply
    told = None if reply is None else [reply.status, reply.headers, None if reply.body is None else reply.body.decode()]
    return orjson.dumps([first.request.hex(), told])


def _first(text: bytes) -> First:
    request, told = orjson.loads(text)
    if told is None:
        return First(bytes.fromhex(request))
    status, headers, body = told
    pairs = tuple((name, value) for name, value in headers)
    return First(bytes.fromhex(request), Reply(status, pairs, None if body is None else body.encode()))
