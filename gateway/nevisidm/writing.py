"""Writes in order, and in reverse order what takes them back.

Undo is best effort and says so (mapping-format, section 11.2): there is no two-phase commit to be had. A lost reply is looked into before
it is called a failure; what could neither be finished nor taken back is named, never hidden.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol
from urllib.parse import unquote

from gateway.nevisidm.call import Call, Refusal, Reply
from gateway.nevisidm.evidence import changed, took_effect
from gateway.nevisidm.step import WriteStep, batches, makes, makes_or_deletes, names, restores
from gateway.nevisidm.template import Lookup, lookup_in

Json = Any
Send = Callable[[Call, Lookup], Awaitable[Reply]]

TWIN = "errors.duplicate"
"""How nevisIDM's codes begin for what is there already, be it by this very call, delivered twice."""

EXISTS = "errors.passwordExists"
"""Likewise for what a user has but one of."""

CONFLICT = "errors.optimisticLockingFailure"
"""Likewise for what has another version by now."""

ALREADY_GONE = Reply(204)


class _Unseen(Exception):
    """The read that should say what became of a step failed."""


class Notes(Protocol):
    """Where the progress of a write is noted, so that another process could go on from there."""

    def done(self, step: WriteStep, made: Mapping[str, Json]) -> None:
        """A step took effect; `made`: the extIds that nevisIDM chose."""

    def undone(self, step: WriteStep) -> None:
        """A step was taken back."""


class NoNotes:
    """Nobody wants to know."""

    def done(self, step: WriteStep, made: Mapping[str, Json]) -> None:
        """See Notes."""

    def undone(self, step: WriteStep) -> None:
        """See Notes."""


class Writing:
    """A write under way. `send` runs a call; `insist` does too, when time is up as well: for looking and undoing.

    `repeated`: it may have been begun before, by the same request of a process that is no more; what it made then has the same made-up
    extIds, is found by them, completed, and never taken back (`before`).

    `known` fills the holes, and receives the extIds that nevisIDM chose. `done` are the steps that took effect; `doubtful` are those
    of which nobody knows; `contested` those refused for a conflict that may be with themselves; `slow` those that had not come when
    somebody looked, and may come yet. `repeatable`: an element that is there already under the id chosen for it counts, but is none of
    `done`.
    """

    def __init__(
        self,
        send: Send,
        insist: Send,
        known: MutableMapping[str, Json],
        notes: Notes | None = None,
        *,
        repeatable: bool = False,
        repeated: bool = False,
    ) -> None:
        self._repeated = repeated
        self.before: list[WriteStep] = []
        self._notes = notes if notes is not None else NoNotes()
        self._repeatable = repeatable
        self._others: list[WriteStep] = []
        self._send = send
        self._insist = insist
        self._known = known
        self._lookup = lookup_in(known)
        self.done: list[WriteStep] = []
        self.doubtful: list[WriteStep] = []
        self.contested: list[WriteStep] = []
        self.slow: list[WriteStep] = []
        self.replies: dict[str, Reply] = {}

    async def do_all(self, steps: Sequence[WriteStep]) -> None:
        """The steps in order, neighbours of one stage side by side. All that have begun end before the first failure is raised."""
        for batch in batches(steps):
            if len(batch) == 1:
                await self.do(batch[0])
                continue
            ends = await asyncio.gather(*map(self.do, batch), return_exceptions=True)
            for end in ends:
                if isinstance(end, BaseException):
                    raise end

    async def do(self, step: WriteStep) -> None:
        """One step to its end: sent; looked into if its reply was lost; sent as a create if there is nothing to update.

        Raises Refusal when it did not take effect or nobody knows.
        """
        if self.before and not step.chosen and await self._is_written(step):
            return
        try:
            reply = await self._send(step.call, self._lookup)
        except Refusal as refusal:
            if self._repeated and await self._was_made(step, refusal):
                self.before.append(step)
                self._notes.undone(step)  # whatever becomes of this run, it is not to be taken back
                return
            reply = await self._rescue(step, refusal)
        if reply is ALREADY_GONE or step in self._others:
            return
        self.done.append(step)
        self.replies[step.call.name] = reply
        made = {}
        if step.created is not None and reply.location:
            last = reply.location.partition("?")[0].rstrip("/").rpartition("/")[2]
            made = {f"{step.created}.extId": unquote(last)}
            self._known.update(made)
        self._notes.done(step, made)

    async def _was_made(self, step: WriteStep, refusal: Refusal) -> bool:
        """Whether the first run of a repeated write made this: by its extId, or because there can be but one (a password)."""
        if not _is_twin(refusal) and EXISTS not in refusal.codes:
            return False
        if not step.chosen:
            return bool(self.before)
        return isinstance(await self._look(step, named=True), Reply)

    async def _is_written(self, step: WriteStep) -> bool:
        """Whether a later change of what was made before has a value already: from then, or since by somebody else."""
        if step.call.method == "POST" or step.again is None or not isinstance(step.call.body, Mapping):
            return False
        look = await self._insist(step.again, self._lookup)
        record = look.json if isinstance(look.json, Mapping) else {}
        return any(record.get(name) not in (None, "", [], {}) for name in step.call.body)

    async def _rescue(self, step: WriteStep, refusal: Refusal) -> Reply:
        """The reply after all. Raises the refusal again when there is none."""
        if _is_missing(refusal) and step.instead is not None:
            return await self._send_instead(step, step.instead)
        if _is_missing(refusal) and step.call.method == "DELETE" and step.stage:
            return ALREADY_GONE  # an element that shall not be there, and is not
        # an id that a repetition chooses again may be somebody else's work: of the resource itself, the request looks again for that
        twin = _is_twin(refusal) and step.chosen and (not self._repeatable or bool(step.stage))
        if CONFLICT in refusal.codes and (after_all := await self._contest(step, refusal)) is not None:
            return after_all
        if not refusal.unknown_outcome and not twin and ((refusal.status or 0) < 500 or not makes_or_deletes(step)):
            raise refusal
        found = await self._look(step, named=twin)
        if isinstance(found, Reply):
            self._others += [step] if twin and self._repeatable else []
            return found
        if found is None:
            refusal.unknown_outcome |= twin  # it may be this very call, delivered twice
            self.doubtful += [step] if refusal.unknown_outcome else []
            raise refusal
        if twin:
            raise refusal
        refusal.unknown_outcome = refusal.kind == "timeout"  # what is slow may still be on its way
        self.slow += [step] if refusal.unknown_outcome else []
        raise refusal

    async def _send_instead(self, step: WriteStep, call: Call) -> Reply:
        try:
            return await self._send(call, self._lookup)
        except Refusal as refusal:
            if EXISTS in refusal.codes:
                return await self._update_after_all(step, refusal)
            self.doubtful += [step] if refusal.unknown_outcome else []
            raise

    async def _update_after_all(self, step: WriteStep, exists: Refusal) -> Reply:
        """There was none, and now there is: made meanwhile, or by this very create, delivered twice. An update is right for both."""
        try:
            return await self._send(step.call, self._lookup)
        except Refusal as refusal:
            if not _is_missing(refusal):
                exists.unknown_outcome = True
                self.doubtful.append(step)
            raise exists from refusal

    async def _contest(self, step: WriteStep, conflict: Refusal) -> Reply | None:
        """The reply after all if it is in conflict with itself: delivered twice, the first raised the version. Raises if nobody knows."""
        try:
            found = await self._seen(step)
        except _Unseen:
            conflict.unknown_outcome = True
            self.contested.append(step)
            raise conflict from None
        return found if isinstance(found, Reply) else None

    async def _look(self, step: WriteStep, *, named: bool = False) -> Reply | bool | None:
        """As `_seen`; None, too, if the read failed."""
        try:
            return await self._seen(step, named=named)
        except _Unseen:
            return None

    async def _seen(self, step: WriteStep, *, named: bool = False) -> Reply | bool | None:
        """What a read says about a step of unknown outcome: its reply if it took effect, False if it did not, None if that says nothing.

        Raises _Unseen if the read failed.
        """
        if step.again is None or not step.again.known(self._lookup):
            return None
        try:
            look = await self._insist(step.again, self._lookup)
        except Refusal as refusal:
            if not _is_missing(refusal):
                raise _Unseen from refusal
            return Reply(204) if step.call.method == "DELETE" else False
        if not isinstance(look.json, Mapping):
            raise _Unseen  # an answer without a body is none
        if makes_or_deletes(step):
            return Reply(look.status, look.json) if took_effect(step.call, look.json, named=named) else False
        # not its reply: that of a read tells of more, and of a later version perhaps
        said = changed(step.call, step.undo, look.json, step.at, self._lookup(f"{names(step)[0]}.extId"))
        return Reply(204) if said else said

    async def take_back(self) -> tuple[WriteStep, ...]:
        """Undo what was done, last first, and what is doubtful where that can do no harm. Returns the steps whose effect stays."""
        left: list[WriteStep] = []
        for step in self.doubtful:
            if not (restores(step) and await self._undone(step)):
                left.append(step)
        left += [step for step in self.contested if not await self._given_up(step)]
        for step in reversed(self.done):
            if not await self._undone(step):
                left.append(step)
            elif step is self.done[0] and makes(step):
                left.clear()  # what was put into or below the resource went with it
        return (*self.before, *reversed(left))

    async def _given_up(self, step: WriteStep) -> bool:
        """Whether nothing is left of a step refused for a conflict: only its own effect is undone, never somebody else's change."""
        try:
            found = await self._seen(step)
        except _Unseen:
            return False
        return not isinstance(found, Reply) or await self._undone(step)

    async def _undone(self, step: WriteStep) -> bool:
        """Whether the step was taken back. What undoes can be sent twice: it is, where nobody knows what became of it."""
        if step.undo is None or not step.undo.known(self._lookup):
            return False
        for last in (False, True):
            try:
                await self._insist(step.undo, self._lookup)
            except Refusal as refusal:
                gone = step.undo.method == "DELETE" and _is_missing(refusal)
                back = step.undo.method == "POST" and _is_twin(refusal)
                if not gone and not back and (last or not _may_have_been_lost(refusal)):
                    return False
                if not gone and not back:
                    continue
            break
        self._notes.undone(step)
        return True


def _is_missing(refusal: Refusal) -> bool:
    return refusal.status == 404 and refusal.json


def _may_have_been_lost(refusal: Refusal) -> bool:
    return refusal.unknown_outcome or refusal.kind != "http"


def _is_twin(refusal: Refusal) -> bool:
    return any(code.startswith(TWIN) for code in refusal.codes)
