"""What an input is sent through: the pure stages of its kind, or the whole gateway over a sandbox.

The pure stages are those that the application runs, in its order: read, plan (as `explain` has it), apply a PATCH to a real resource, match
a filter against real resources.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.errors import ScimError
from gateway.events import ConsumerFailed, Crashed
from gateway.foretelling import foretell
from gateway.mapping.model import Mapping, Mappings
from gateway.mapping.view import Scene
from gateway.nevisidm.capabilities import Capabilities
from gateway.scim.bulk import is_bulk, read_bulk
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.discovery.answer import answer_discovery
from gateway.scim.discovery.provider import Offer
from gateway.scim.everywhere import is_everywhere, read_everywhere
from gateway.scim.match import matches
from gateway.scim.mutability import settle
from gateway.scim.parse import Limits
from gateway.scim.patch import apply
from gateway.scim.question import Question
from gateway.scim.request import Caller, Resource, ScimRequest
from tests.fuzz.grammar import Input
from tests.raw import Answer, send

DIALECTS = {each.root: each for each in (IDCS, RFC)}
LIMITS = Limits(1_048_576, 10)
NOW = datetime(2026, 1, 15, 10, 0, 0, tzinfo=UTC)


class Failed(Exception):
    """An input for which something broke; `what` says it without the input."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Samples:
    """Real resources by type, as a client reads them."""

    by_type: dict[str, list[Resource]]

    @property
    def ids(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(str(each["id"]) for each in found) for name, found in self.by_type.items()}


async def samples(world: Any, mappings: Mappings) -> Samples:
    """Up to five of each type that can be searched."""
    found: dict[str, list[Resource]] = {}
    for mapping in mappings.by_name.values():
        answer = await send(world, "GET", f"/scim/v2{mapping.type.endpoint}?count=5")
        found[mapping.name] = answer.json.get("Resources", []) if answer.status == 200 else []
    return Samples(found)


class Stages:
    """The pure stages."""

    def __init__(self, mappings: Mappings, samples: Samples) -> None:
        self._mappings = mappings
        self._types = mappings.types()
        self._samples = samples
        self._capabilities = Capabilities()
        self._by_name = mappings.by_name

    def run(self, sent: Input) -> str:
        """How it ended: "fine", or the status and code of its refusal. Raises Failed; whatever else is raised is a crash."""
        try:
            self._go(self._question(sent))
        except ScimError as refusal:
            if refusal.status >= 500 and refusal.status != 501:
                raise Failed(f"{refusal.status} {refusal.code.code}") from None
            return f"{refusal.status} {refusal.code.code}"
        return "fine"

    def _question(self, sent: Input) -> Question:
        path, _, query = sent.target.partition("?")
        dialect = DIALECTS[sent.root]
        return Question(
            sent.method, path, query, {"content-type": "application/scim+json"}, sent.body,
            types=self._types, dialect=dialect, base=f"http://gateway.example{sent.root}", caller=Caller("fuzz"), request_id="fuzz",
            limits=LIMITS, offer=Offer(dialect.bulk_operations, dialect.bulk_bytes, True, 3600), absent=self._mappings.absent,
        )  # fmt: skip

    def _go(self, question: Question) -> None:
        if answer_discovery(question) is not None:
            return
        if is_bulk(question.tail):
            read_bulk(question)
            return
        if is_everywhere(question.tail):
            read_everywhere(question)
            return
        request = question.read()
        mapping = self._by_name[request.type.name]
        if request.filter is not None:
            for each in self._samples.by_type.get(mapping.name, ()):
                matches(request.filter, each, request.type)
        if request.operation == "modify":
            self._change(request)
        foretell(request, mapping, self._scene(request, mapping), self._capabilities)

    def _change(self, request: ScimRequest) -> None:
        for before in self._samples.by_type.get(request.type.name, ())[:2]:
            after = apply(before, request.edits, request.type, request.dialect.leniencies)
            settle(before, after, request.type, request.dialect, verb="modify")

    def _scene(self, request: ScimRequest, _: Mapping) -> Scene:
        return Scene(NOW, request.base, {"client": "100", "client.name": "Default", "base": request.base})


class Whole:
    """The gateway from the ASGI scope to the sandbox's SQL. Its sandbox is put back to what it was every `often` requests."""

    def __init__(self, world: Any, often: int = 500) -> None:
        self._world = world
        self._often = often
        self._sent = itertools.count(1)
        self._kept = sqlite3.connect(":memory:", isolation_level=None)
        world.box.store.connection.backup(self._kept)

    async def run(self, sent: Input) -> str:
        """How it ended, as `Stages.run`."""
        if next(self._sent) % self._often == 0:
            self._kept.backup(self._world.box.store.connection)
        headers = {"content-length": str(len(sent.body))} if sent.body else {}
        answer = await send(self._world, sent.method, sent.root + _wire(sent.target), sent.body, headers)
        for event in self._world.events:
            if isinstance(event, Crashed | ConsumerFailed):
                raise Failed(f"{event}")
        if answer.status >= 500 and answer.status != 501:
            raise Failed(f"{answer.status} {_code(answer)}")
        return "fine" if answer.status < 400 else f"{answer.status} {_code(answer)}"

    def close(self) -> None:
        """Forget what was kept."""
        self._kept.close()


def _wire(target: str) -> str:
    """As a server hands a target on: bytes that are no ASCII stand there as they came."""
    return target.encode("latin-1", "replace").decode("utf-8", "replace")


def _code(answer: Answer) -> str:
    return answer.code if "proxy-status" in answer.headers else ""


def summed(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    """Outcomes, most frequent first."""
    yield from sorted(counts.items(), key=lambda item: (-item[1], item[0]))
