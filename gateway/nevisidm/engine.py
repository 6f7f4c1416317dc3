"""The one small interface to the network: bytes out, bytes in, and three ways to fail.

Everything above this file (client, login, probe, every test) works on any engine: `engine_direct.py` over the network,
`engine_httpx.py` inside the process, `engine_aiohttp.py` where our own is not wanted. An engine follows no redirects, keeps no cookies,
repeats nothing and refuses a reply that is cut off or too large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.swift import swift

MAX_BYTES = 16_000_000


@swift
@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to get a connection, without a byte, and for the whole exchange (None: no bound of its own)."""

    connect: float = 3.0
    read: float = 10.0
    total: float | None = None


@swift
@dataclass(frozen=True, slots=True)
class Exchange:
    """A whole HTTP answer, uninterpreted. Header names are lower case; of a repeated header the last value stands."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class EngineError(Exception):
    """No whole answer came. `sent`: the request may have reached the other side."""

    sent: bool = True


class Timeout(EngineError):
    """The answer did not come in time, or not `sent`: the whole time was over before there was a connection."""

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.sent = sent


class Unreachable(EngineError):
    """No connection, or it broke before an answer began."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Broken(EngineError):
    """An answer began but is none: cut off, too large, or not HTTP."""


class LoginLost(EngineError):
    """The way to the login failed, so the request itself was not sent."""

    sent = False


class Late(EngineError):
    """The deadline passed before anything was sent."""

    sent = False


class Engine(Protocol):
    """A way to exchange HTTP messages."""

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        """Send one request and wait for its whole answer. Raises Timeout, Unreachable or Broken, nothing else."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


def check_size(size: int, limit: int) -> None:
    """Raises Broken when a reply is larger than we are willing to hold."""
    if size > limit:
        raise Broken(f"the reply is larger than {limit} bytes")
