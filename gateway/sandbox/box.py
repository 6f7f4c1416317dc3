"""The running sandbox as one object: its store, switches, accounts, clock and journal.

`app.state.sandbox` is one of these. Tests replace `switches`, add `accounts[token]` and read the journal while it runs.
"""

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .account import Account
from .clock import Clock, millis
from .store import Store
from .switches import Switches

_SECRET = frozenset({"password", "newPassword", "oldPassword", "tempStrongPassword"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One call as it came in and the status it got; secrets in the body are `***`."""

    method: str
    path: str
    query: str
    body: Any
    status: int


class Journal:
    """The last calls in order, for golden transcripts: bounded, and off until `on` is set."""

    def __init__(self, bound: int = 10_000) -> None:
        self.on = False
        self._entries: deque[Entry] = deque(maxlen=bound)

    def __call__(self) -> list[Entry]:
        return list(self._entries)

    def note(self, method: str, path: str, query: str, body: Any, status: int) -> None:
        if self.on:
            self._entries.append(Entry(method, path, query, _masked(body), status))

    def clear(self) -> None:
        self._entries.clear()


@dataclass(slots=True)
class Sandbox:
    """Everything a handler needs. The clock is the only source of time."""

    store: Store
    switches: Switches
    accounts: dict[str, Account]
    clock: Clock
    journal: Journal
    token_key: str  # signs the X-Token of principal/v1/token
    new_id: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))  # generated extIds; a test may number them
    known_rights: frozenset[str] = frozenset()  # what ALL stands for when it is spelt out

    def now(self) -> int:
        """The present in epoch milliseconds."""
        return millis(self.clock())


def _masked(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: "***" if name in _SECRET else _masked(value) for name, value in body.items()}
    return [_masked(item) for item in body] if isinstance(body, list) else body
