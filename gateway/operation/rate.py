"""How often an action may be asked for, by the key that its mapping names: a password check is not a guessing machine.

Counts live in this process; several replicas allow as many times more. Keys are kept as digests, since they hold what people typed.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict, deque
from datetime import datetime, timedelta

from gateway.errors import Denied
from gateway.mapping.model import Action
from gateway.scim.request import ScimRequest

SECONDS = {"second": 1, "minute": 60, "hour": 3600}
MOST_KEYS = 100_000


class Rates:
    """The last requests of each key, within the window of its action. The longest unused keys are forgotten first."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, deque[datetime]] = OrderedDict()

    def check(self, request: ScimRequest, action: Action, now: datetime) -> None:
        """Count this request. Raises Denied GW304 (429 with Retry-After) when its key has used up the window."""
        if action.rate is None:
            return
        allowed, window = parse_rate(action.rate)
        seen = self._of(_key(request, action))
        while seen and seen[0] <= now - window:
            seen.popleft()
        if len(seen) >= allowed:
            wait = max(1, math.ceil((seen[0] + window - now).total_seconds()))
            raise Denied("GW304", f"Too many checks for the same subject; at most {action.rate}.", retry_after=wait)
        seen.append(now)

    def _of(self, key: bytes) -> deque[datetime]:
        seen = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        if len(self._seen) > MOST_KEYS:
            self._seen.popitem(last=False)
        return seen


def parse_rate(text: str) -> tuple[int, timedelta]:
    """`10/minute` as a number and a span. Raises ValueError."""
    number, _, unit = text.partition("/")
    if not number.isdigit() or int(number) < 1 or unit not in SECONDS:
        raise ValueError(f"{text!r} is no rate: write a number, a slash and {', '.join(SECONDS)}, such as 10/minute")
    return int(number), timedelta(seconds=SECONDS[unit])


def _key(request: ScimRequest, action: Action) -> bytes:
    """What the action's key names: `client_ip`, or attributes of the request, compared without case."""
    parts = [request.type.name]
    for name in action.rate_key:
        value = request.caller.address if name == "client_ip" else request.body.get(name)
        parts.append(str(value).lower())
    return hashlib.sha256("\0".join(parts).encode()).digest()
