"""Running a write plan: one table of what is known, growing as nevisIDM answers."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.model import Mapping
from gateway.nevisidm.run import Run
from gateway.plan.plan import WritePlan


async def write(
    plan: WritePlan,
    run: Run,
    tenant: Map[str, Any],
    records: Map[str, Any],
    mapping: Mapping,
    prove: Callable[[Map[str, Any]], Awaitable[None]] | None = None,
) -> dict[str, Any]:
    """Run the plan; what is known afterwards fills the holes of the resource's id. Raises Refusal, HalfDone.

    What the plan says wins over what the records say: a new unit's id over the old one's. `prove` gets what is known afterwards; when it
    refuses (BadRequest, Unsupported), the plan's writes are taken back.
    """
    known: dict[str, Any] = {**records, **tenant, **plan.bindings}
    proof = functools.partial(prove, known) if prove is not None else None
    await run.write(plan.calls, known, resource=mapping.name, prove=proof)
    return known
