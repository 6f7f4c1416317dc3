"""Running a bulk (RFC 7644 section 3.7): each operation is read, run and told like a request of its own, with a run of its own.

Independent operations are under way side by side, a few at a time. With failOnErrors never more of them than errors are still accepted, so
the limit is kept exactly. What was not begun is not in the answer; a partial failure takes nothing back (RFC 7644 section 3.7.3).
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from itertools import islice

import orjson

from gateway.errors import BadRequest, ScimError, Unavailable
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.audit import WRITES
from gateway.operation.context import Answer, Context
from gateway.operation.crash import crashed
from gateway.scim.bulk import BulkOperation, BulkOutcome, BulkRequest
from gateway.scim.bulk_order import Stage, order
from gateway.scim.parse import VERSION_ONLY
from gateway.scim.question import RETRY, Question
from gateway.scim.reply import error_reply, reply_to
from gateway.scim.request import ScimRequest

AT_ONCE = 8
"""Operations under way side by side: one bulk shall not take all connections to nevisIDM."""


async def bulk(
    batch: BulkRequest, question: Question, context: Context, open_run: Callable[[], Run], until: float
) -> list[tuple[BulkOperation, BulkOutcome]]:
    """The operations that were processed, in the order of the request, and what became of each.

    `question` is the bulk's own; `open_run` begins an operation's conversation with nevisIDM. What is not begun `until` then (a moment of
    time.monotonic) answers 504.
    """
    running = _Bulk(batch, question, context, open_run, until)
    found = order(batch.operations)
    running.circular = found.circular
    for stage in found.stages:
        await running.stage(stage)
    return [(each, running.done[index]) for index, each in enumerate(batch.operations) if index in running.done]


class _Bulk:
    """One bulk with what came of its operations so far: outcomes by their place, ids by bulkId."""

    def __init__(
        self, batch: BulkRequest, question: Question, context: Context, open_run: Callable[[], Run], until: float
    ) -> None:
        self.batch = batch
        self.question = question
        self.context = context
        self.open_run = open_run
        self.until = until
        self.circular: frozenset[int] = frozenset()
        self.done: dict[int, BulkOutcome] = {}
        self.ids: dict[str, str] = {}
        self.named = frozenset(each.bulk_id for each in batch.operations if each.bulk_id is not None)
        self.failures = 0
        self.locked_out: ScimError | None = None

    async def stage(self, stage: Stage) -> None:
        """Run the operations of a stretch, each as soon as those before it are over and there is room."""
        waiting = dict(stage)
        running: dict[asyncio.Task[BulkOutcome], int] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                ready = (index for index, before in waiting.items() if before <= self.done.keys())
                for index in list(islice(ready, max(0, self._room() - len(running)))):
                    del waiting[index]
                    running[group.create_task(self._one(index))] = index
                if not running:
                    return
                over, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in over:
                    self._note(running.pop(task), task.result())

    def _room(self) -> int:
        """How many operations may be under way: if all of them fail, that must not be more than is accepted."""
        limit = self.batch.fail_on_errors
        return AT_ONCE if limit is None else min(AT_ONCE, limit - self.failures)

    def _note(self, index: int, outcome: BulkOutcome) -> None:
        self.done[index] = outcome
        self.failures += outcome.failed
        bulk_id = self.batch.operations[index].bulk_id
        if bulk_id is not None and outcome.id is not None:
            self.ids[bulk_id] = outcome.id

    async def _one(self, index: int) -> BulkOutcome:
        """One operation from its words to its outcome; whatever goes wrong is its own error."""
        operation = self.batch.operations[index]
        try:
            self._check_begin(index)
            operation = self._resolved(operation)
            request = self._read(operation)
            answer = await operate(request, self.context, self.open_run())
            return self._outcome(operation, request, answer)
        except ScimError as problem:
            error = problem
        except Exception as crash:
            error = crashed(crash, self.question.request_id, self.context.events)
        if error.status == 401 and self.question.caller.is_self:
            self.locked_out = error
        location = None if operation.method == "POST" else self._address(operation)
        return BulkOutcome(error.status, location, response=error_reply(error, self.question.dialect).body)

    def _check_begin(self, index: int) -> None:
        """Raises what keeps an operation from being begun: a circle, the time, a login that nevisIDM has refused already."""
        if index in self.circular:
            raise BadRequest(
                "GW121", "The bulkIds of these operations lead in a circle. Create one without its reference."
            )
        if self.locked_out is not None:
            raise self.locked_out
        if time.monotonic() >= self.until:
            raise Unavailable(
                "GW504", "The bulk's time was up before this operation began; it was not done. Send it again."
            )

    def _resolved(self, operation: BulkOperation) -> BulkOperation:
        """The operation with ids for bulkIds. Raises GW121: 400 for a bulkId that nobody has, 409 for one that came to nothing."""
        if operation.refers - self.named:
            raise BadRequest(
                "GW121", "A bulkId is referred to that no operation has.", status=400, scim_type="invalidValue"
            )
        if operation.refers - self.ids.keys():
            raise BadRequest(
                "GW121", "An operation that this one refers to by bulkId failed, so this one was not done."
            )
        return operation.resolved(self.ids)

    def _read(self, operation: BulkOperation) -> ScimRequest:
        """The operation as the request that it would be by itself; of its answer only the version is needed."""
        path, _, query = operation.path.partition("?")
        headers = {"content-type": "application/json"}
        if "resource_type_schema_version" in self.question.headers:
            headers["resource_type_schema_version"] = self.question.headers["resource_type_schema_version"]
        if RETRY in self.question.headers:
            headers[RETRY] = f"{self.question.headers[RETRY]} {operation.bulk_id}"
        if operation.version is not None:
            headers["if-match"] = operation.version
        body = b"" if operation.data is None else orjson.dumps(operation.data)
        asked = dataclasses.replace(
            self.question, method=operation.method, tail=path, query=query, headers=headers, body=body
        )
        request = asked.read()
        if request.operation not in WRITES:
            raise BadRequest("GW116", "A bulk changes resources; search for them at their own address.")
        return request if request.operation == "act" else dataclasses.replace(request, wanted=VERSION_ONLY)

    def _outcome(self, operation: BulkOperation, request: ScimRequest, answer: Answer) -> BulkOutcome:
        """An answer without its body, which a bulk may leave out (RFC 7644 section 3.7.3); an action is nothing but its body."""
        reply = reply_to(answer, request)
        if request.operation == "act":
            return BulkOutcome(answer.status, response=reply.body)
        headers = dict(reply.headers)
        found = (answer.resource or {}).get("id")
        return BulkOutcome(
            answer.status,
            headers.get("Location") or self._address(operation),
            headers.get("ETag"),
            None if found is None else str(found),
        )

    def _address(self, operation: BulkOperation) -> str:
        return f"{self.question.base}/{operation.path.strip('/')}"
