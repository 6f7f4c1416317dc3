"""How often an action may be asked for: by the key that its mapping names, and by a caller whose checks keep failing.

The first makes a password check no guessing machine for one subject, the second none for many (one password tried on everybody). Counts
are shared by the replicas of a gateway (`gateway/shared`); keys are kept as digests, since they hold what people typed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.errors import Denied, ScimError
from gateway.mapping.action import Action
from gateway.scim.request import ScimRequest
from gateway.shared.in_process import InProcess
from gateway.shared.rate import Rate, parse_rate, whole_seconds
from gateway.shared.state import Name, Shared

FAILED = Rate(600, 60.0)
_UNANSWERED = 500
"""Errors from here on say nothing about what was guessed."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Bounds actions that have a `rate`. `failed`: how many failed checks one caller may have, whatever they were about; None: any."""

    shared: Shared = field(default_factory=InProcess)
    failed: Rate | None = FAILED

    @asynccontextmanager
    async def checked(self, request: ScimRequest, action: Action, tenant: str) -> AsyncIterator[None]:
        """Count this request, and its failure if the block fails.

        Raises Denied GW304 (429 with Retry-After) when its key has used up the window, or its caller had too many failures.
        """
        if action.rate is None:
            yield
            return
        caller = _caller(request, tenant)
        await self._allow(request, action, caller, tenant)
        try:
            yield
        except ScimError as error:
            if error.status < _UNANSWERED and self.failed is not None:
                await self.shared.take(caller, (self.failed,))
            raise

    async def _allow(self, request: ScimRequest, action: Action, caller: Name, tenant: str) -> None:
        if self.failed is not None and (wait := await self.shared.take(caller, (self.failed,), 0)):
            raise Denied("GW304", "Too many of your checks have failed.", retry_after=whole_seconds(wait))
        rate = parse_rate(action.rate or "")
        if wait := await self.shared.attempt(_key(request, action, tenant), rate):
            detail = f"Too many checks for the same subject; at most {rate}."
            raise Denied("GW304", detail, retry_after=whole_seconds(wait))


def _caller(request: ScimRequest, tenant: str) -> Name:
    """Whose failures they are; of those who act as themselves, the address's: they can prove nothing to us."""
    caller = request.caller
    return ("failed", tenant, caller.address if caller.is_self else caller.subject)


def _key(request: ScimRequest, action: Action, tenant: str) -> Name:
    """What the action's key names: `client_ip`, `caller`, or attributes of the request, compared without case."""
    told = {"client_ip": request.caller.address, "caller": request.caller.subject}
    values = (told.get(name) or request.body.get(name) for name in action.rate_key)
    return ("check", tenant, request.type.name, *(str(value).lower() for value in values))
