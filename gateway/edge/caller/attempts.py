"""How often callers may fail to prove who they are by a password or secret: guessing is slow, and keeps nobody else out.

Three bounds, each on failures only: of one account from one address, of one address whatever the account (spraying), and of one account
from everywhere (many machines). The last would let anybody lock an account out by guessing at it, so it holds only for addresses that the
account never came from. And a proof that was right before is always looked at, whatever the bounds say: who guesses does not have it.
A caller that has not proved itself yet since the start of the process, from a new address, during an attack, waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.edge.caller.remembered import Remembered
from gateway.edge.caller.room import Room
from gateway.errors import Denied
from gateway.shared.in_process import InProcess
from gateway.shared.rate import Rate, whole_seconds
from gateway.shared.state import Lost, Name, Shared

DAYS = 7 * 86_400.0
"""Seconds for which an address is known as one that an account came from."""
HOURS = 24 * 3600.0
"""Seconds for which a right proof is known in this process, by a keyed digest."""

AT_ONCE = 2
_PAIR, _ADDRESS, _ACCOUNT = Rate(10, 60.0), Rate(60, 60.0), Rate(120, 60.0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """See the module. None: no bound."""

    pair: Rate | None = _PAIR
    address: Rate | None = _ADDRESS
    account: Rate | None = _ACCOUNT


class Attempts:
    """Counts failures, in what replicas share. `of`: where they happen, as accounts of different kinds may be called alike."""

    def __init__(
        self, of: str, bounds: Bounds | None = None, shared: Shared | None = None, at_once: int = AT_ONCE
    ) -> None:
        self._of = of
        self._room = Room(at_once)
        self._bounds = bounds or Bounds()
        self._shared: Shared = shared or InProcess()
        self._right: Remembered[bool] = Remembered(HOURS)

    @asynccontextmanager
    async def weighed(self, account: str, address: str, proof: str) -> AsyncIterator[None]:
        """Room to find out whether a proof is right, in the block; say then which by `failed` or `succeeded`.

        Raises Denied GW308 (429 with Retry-After) where too many have failed, Unavailable GW509 where too many wait.
        """
        sure = self._right.get(_presented(account, proof)) is not None
        if not sure:
            await self._check(account, address)
        async with self._room.taken(sure=sure):
            if not sure:
                await self._check(account, address)  # those before it in the queue have failed meanwhile
            yield

    async def failed(self, account: str, address: str) -> None:
        """Count one."""
        for name, rate in self._counts(account, address):
            await self._shared.take(name, (rate,))

    async def succeeded(self, account: str, address: str, proof: str) -> None:
        """This proof is right, and this address one of the account's."""
        presented = _presented(account, proof)
        if self._right.get(presented):
            return
        self._right.put(presented, True)
        try:
            await self._shared.keep(self._place(account, address), b"", DAYS)
        except Lost:
            return  # noted at the next right proof

    def _counts(self, account: str, address: str) -> list[tuple[Name, Rate]]:
        said: list[tuple[Name, Rate | None]] = [
            (("pair", self._of, account, address), self._bounds.pair),
            (("address", self._of, address), self._bounds.address),
            (("account", self._of, account), self._bounds.account),
        ]
        return [(name, rate) for name, rate in said if rate is not None]

    async def _check(self, account: str, address: str) -> None:
        for name, rate in self._counts(account, address):
            wait = await self._shared.take(name, (rate,), 0)
            if wait and not (name[0] == "account" and await self._is_known(account, address)):
                raise Denied("GW308", "Too many logins have failed.", retry_after=whole_seconds(wait))

    async def _is_known(self, account: str, address: str) -> bool:
        """Whether the account came from there before. While what is shared is gone, nobody is kept out for it."""
        place = self._place(account, address)
        try:
            return await self._shared.find(place) is not None
        except Lost:
            return True

    def _place(self, account: str, address: str) -> Name:
        return ("known", self._of, account, address)


def _presented(account: str, proof: str) -> str:
    return f"{len(account)} {account} {proof}"
