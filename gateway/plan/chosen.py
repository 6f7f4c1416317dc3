"""Ids that a repeated request chooses again: what it made the first time is then found, and refused by nevisIDM a second time.

A request with `match` may be sent twice, by two front ends at once, or again after its reply got lost. So the ids that the gateway chooses
for what it makes follow from what was looked for, and not from chance (decision 012).
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import NAMESPACE_URL, UUID, uuid5

NewId = Callable[[], str]
_SPACE = uuid5(NAMESPACE_URL, "urn:scim-nevisidm-gateway:match")


class ChosenIds:
    """Ids from a seed: one after the other by calling it, or `about` something, whoever asks for it when."""

    def __init__(self, *seed: str) -> None:
        self._space: UUID = uuid5(_SPACE, "\n".join(seed))
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return str(uuid5(self._space, f"#{self._count}"))

    def about(self, text: str) -> str:
        """The id for what this text tells from everything else of the request."""
        return str(uuid5(self._space, text))


def id_about(new_id: NewId, text: str) -> str:
    """A new id; for a request that can be repeated, the one that it has for this."""
    return new_id.about(text) if isinstance(new_id, ChosenIds) else new_id()
