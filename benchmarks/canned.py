"""nevisIDM's side without nevisIDM: answers recorded from the emulator once and given again, byte for byte.

Nothing is served, routed or encoded here, so what is measured over it is the gateway alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

from gateway.nevisidm.engine import Engine, Exchange, Timeouts

Tape = list[tuple[str, str, Exchange]]


class Recorder:
    """An engine that keeps what passed through it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.tape: Tape = []

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        """See Engine."""
        answer = await self._engine.exchange(method, url, headers, body, timeouts)
        self.tape.append((method, url, answer))
        return answer

    async def aclose(self) -> None:
        """The recorded engine is somebody else's."""


class Canned:
    """An engine that answers from a tape, over and over. An address with several answers gives them in turn: before and after a write."""

    def __init__(self, tape: Tape) -> None:
        table: dict[tuple[str, str], list[Exchange]] = {}
        for method, url, answer in tape:
            table.setdefault((method, url), []).append(answer)
        self._answers = {key: cycle(answers) for key, answers in table.items()}

    async def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],  # noqa: ARG002 — an engine's signature
        body: bytes | None,  # noqa: ARG002
        timeouts: Timeouts,  # noqa: ARG002
    ) -> Exchange:
        """See Engine."""
        return next(self._answers[method, url])

    async def aclose(self) -> None:
        """Nothing is open."""
