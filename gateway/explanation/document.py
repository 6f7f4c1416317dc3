"""The document: what a typed request becomes, and then what it did. For `explain --json --run` and for the console it is the same.

`request`, `plan`, `stages`, and after a run `run` (calls with their replies, the answer); or `refused` with `code` and `stages`. Every part
that a mapping decides names its `place` there. Stages are in milliseconds: parse, plan (planning alone, once), then of a run `nevisidm`
(while at least one call was under way), `check` (what else the operation did: showing, checking, sorting, writing's differences) and
`shape`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.errors import ScimError
from gateway.explanation.hidden import Disclosure, answer_shown, secrets_of
from gateway.explanation.lines import answer_lines
from gateway.explanation.sent import call_facts
from gateway.explanation.typed import Surroundings, Typed, dialect_of, read_typed
from gateway.foretelling import Foretold, foretell
from gateway.mapping.model import Mapping
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.context import Context
from gateway.plan.search import plan_search
from gateway.scim.dialect import Dialect
from gateway.scim.reply import error_reply, reply_to
from gateway.scim.request import ScimRequest

Facts = dict[str, Any]
WRITES = frozenset(("create", "replace", "modify", "delete", "act"))


@dataclass(slots=True)
class Explained:
    """A request that was understood and planned, or refused (`request` None). `told` is the document, which a run adds to."""

    told: Facts
    dialect: Dialect
    request: ScimRequest | None = None
    mapping: Mapping | None = None
    foretold: Foretold = field(default_factory=lambda: Foretold({}, []))
    planning: float = 0.0

    @property
    def writes(self) -> bool:
        """Whether running it may change something."""
        return self.request is not None and self.request.operation in WRITES


def explained(typed: Typed, around: Surroundings) -> Explained:
    """What the request becomes; nothing is sent. Raises NoAddress; a request that is refused is told, not raised."""
    dialect = dialect_of(typed, around)
    began = time.perf_counter()
    try:
        request, mapping = read_typed(typed, around)
        parsed = time.perf_counter()
        foretold = foretell(request, mapping, around.scene(request), around.capabilities, around.mappings.by_name)
    except ScimError as error:
        return Explained(_refused(error, dialect, [_stage("parse", time.perf_counter() - began)]), dialect)
    planning = _planning(request, mapping, around, time.perf_counter() - parsed)
    told: Facts = {
        "request": {
            "operation": request.operation,
            "resource": mapping.name,
            "dialect": dialect.name,
            "place": str(mapping.place),
        },
        "plan": foretold.facts,
        "stages": [_stage("parse", parsed - began), _stage("plan", planning)],
    }
    return Explained(told, dialect, request, mapping, foretold, planning)


def _planning(request: ScimRequest, mapping: Mapping, around: Surroundings, otherwise: float) -> float:
    """Seconds that planning takes by itself; where it cannot be told from saying it, both."""
    if request.operation != "search":
        return otherwise
    began = time.perf_counter()
    plan_search(request, mapping, around.capabilities)
    return time.perf_counter() - began


def _refused(error: ScimError, dialect: Dialect, stages: list[Facts]) -> Facts:
    reply = error_reply(error, dialect)
    return {
        "refused": orjson.loads(reply.body or b"{}"),
        "status": reply.status,
        "code": error.code.code,
        "stages": stages,
    }


async def ran(done: Explained, context: Context, seconds: float, disclosure: Disclosure = "values") -> int:
    """Run what was explained, and tell it in `done.told["run"]`; 0 fine, 1 refused. `seconds`: the time it may take."""
    request, mapping = done.request, done.mapping
    assert request is not None
    assert mapping is not None
    began = time.perf_counter()
    run = Run(context.client, request.request_id, context.events, deadline=time.monotonic() + seconds, keep=True)
    shaping, code, place = 0.0, None, ""
    try:
        answer = await operate(request, context, run)
        operated = time.perf_counter()
        reply = reply_to(answer, request)
        shaping = time.perf_counter() - operated
    except ScimError as error:
        operated = time.perf_counter()
        reply, code, place = error_reply(error, request.dialect), error.code.code, error.log.get("row", "")
    body = orjson.loads(reply.body) if reply.body else None
    secrets = secrets_of(request)
    done.told["run"] = {
        "calls": [call_facts(each, began, mapping, secrets, disclosure) for each in run.exchanges],
        "answer": {
            "status": reply.status,
            "code": code,
            "place": place,  # of the row that says so, where nevisIDM refused
            "body": answer_shown(body, mapping.type, disclosure),
            "lines": answer_lines(body, mapping),
        },
    }
    checking = max(0.0, operated - began - run.seconds - done.planning)
    done.told["stages"] += [_stage("nevisidm", run.seconds), _stage("check", checking), _stage("shape", shaping)]
    return 0 if code is None else 1


def _stage(name: str, seconds: float) -> Facts:
    return {"stage": name, "milliseconds": round(seconds * 1000, 2)}
