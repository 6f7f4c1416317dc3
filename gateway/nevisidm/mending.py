"""What becomes of an unfinished write: finished where only deleting was left, else taken back; asked of nevisIDM first, step by step.

Idempotent: what is as it should be is left alone, so it may be run again, and by two at once. Nothing is taken back that somebody has
changed since; it is named, and a person decides.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.nevisidm.call import Call, Refusal, Reply, Request
from gateway.nevisidm.evidence import changed
from gateway.nevisidm.template import parse_template
from gateway.nevisidm.unfinished import Step, Unfinished
from gateway.nevisidm.writing import TWIN

Json = Any
Ask = Callable[[Request], Awaitable[Reply]]

SINCE = timedelta(minutes=5)
"""A record that was changed so much later than the write was heard of last (clocks differ) is in use by somebody."""


@dataclass(slots=True)
class Mended:
    """What was (or would be) done about one write: sentences without values. `left`: what a person must look at."""

    write: Unfinished
    did: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


async def mend(write: Unfinished, ask: Ask, *, dry: bool = False) -> Mended:
    """Finish or undo. `dry`: only reads are sent. Raises Refusal when nevisIDM cannot be asked (login, out of reach)."""
    mending = _Mending(write, ask, dry, Mended(write))
    if all(step.method == "DELETE" for step in write.steps):
        await mending.finish()
    elif all(step.state == "done" for step in write.steps) and not write.said.get("proof"):
        mending.told.did.append("everything was done; nothing is left to do")
    else:
        await mending.undo()
    if not mending.told.did and not mending.told.left:
        mending.told.did.append("nothing of it was done")
    return mending.told


@dataclass(slots=True)
class _Mending:
    write: Unfinished
    ask: Ask
    dry: bool
    told: Mended

    async def finish(self) -> None:
        """Delete what is still to be deleted."""
        for step in self.write.steps:
            if step.state in ("perhaps", "not begun"):
                await self._send(step, "DELETE", self.write.fill(step.said["path"]), None, f"finish: {step.name}")

    async def undo(self) -> None:
        """Take back what was done, last first; with what was made goes what was put into or below it."""
        first = self.write.steps[0]
        for step in reversed(self.write.steps):
            if step.state in ("done", "perhaps"):
                before = len(self.told.left)
                await self._undo(step)
                if step is first and _makes(first) and len(self.told.left) == before:
                    self.told.left.clear()

    async def _undo(self, step: Step) -> None:
        undo = step.said.get("undo")
        path = self.write.fill(undo["path"]) if undo is not None else None
        if undo is None or path is None:
            self._leave(step, "cannot be taken back" if step.state == "done" else "nobody knows whether it was done")
            return
        if undo["method"] == "POST" or step.method == "DELETE":
            await self._restore(step, undo, path)
            return
        found = await self._look(step)
        if found is _NOBODY:
            return
        if undo["method"] == "DELETE":
            await self._unmake(step, path, found)
        else:
            await self._put_back(step, undo, path, found)

    async def _unmake(self, step: Step, path: str, found: Json) -> None:
        """Delete what the step made: only what surely is its own, and what nobody has changed since."""
        certain = step.said.get("chosen") and not self.write.said.get("repeated")
        if step.state == "perhaps" and not certain:
            self._leave(step, "nobody knows whether it was done")
        elif _later(found, self.write.since):
            self._leave(step, "somebody has changed it since")
        else:
            await self._send(step, "DELETE", path, None, f"take back: {step.name}")

    async def _put_back(self, step: Step, undo: Mapping[str, Json], path: str, found: Json) -> None:
        """Write the former values, where what is there is what the step wrote."""
        if step.values is None:
            self._leave(step, "its former values are not known: the journal has none, or the key is another one")
            return
        sent, back = _call(step.said, step.values["sent"]), _call(undo, step.values["back"])
        last = str(step.said["path"]).rstrip("/").rpartition("/")[2]
        is_changed = changed(sent, back, found, tuple(step.said.get("at", ())), last)
        if is_changed:
            await self._send(step, undo["method"], path, step.values["back"], f"put back: {step.name}")
        elif is_changed is None:
            self._leave(step, "somebody has changed it since")

    async def _restore(self, step: Step, undo: Mapping[str, Json], path: str) -> None:
        """Make again what the step deleted; nevisIDM refuses a second one of the same extId."""
        if step.values is None:
            self._leave(step, "its former values are not known: the journal has none, or the key is another one")
            return
        await self._send(step, undo["method"], path, step.values["back"], f"put back: {step.name}")

    async def _look(self, step: Step) -> Json:
        """What is there now; `_NOBODY` where nothing is."""
        look = step.said.get("look")
        path = self.write.fill(look) if look is not None else None
        if path is None:
            return None
        try:
            return (await self.ask(Request(step.name, "GET", path))).json
        except Refusal as refusal:
            if refusal.status == 404 and refusal.json:
                return _NOBODY
            raise

    async def _send(self, step: Step, method: Any, path: str | None, body: Json, what: str) -> None:
        if path is None:
            self._leave(step, "nobody knows under which id it is")
            return
        if not self.dry:
            try:
                await self.ask(Request(step.name, method, path, body=body))
            except Refusal as refusal:
                gone = method == "DELETE" and refusal.status == 404 and refusal.json
                there = method == "POST" and any(code.startswith(TWIN) for code in refusal.codes)
                if not gone and not there:
                    self._leave(step, f"nevisIDM refused: {refusal.status or refusal.kind}")
                    return
        self.told.did.append(f"{what} ({', '.join(step.said['writes'])})")

    def _leave(self, step: Step, why: str) -> None:
        named = ", ".join(step.said["attributes"])
        self.told.left.append(f"{', '.join(step.said['writes']) or step.name}{f' ({named})' if named else ''}: {why}")


_NOBODY = object()


def _makes(step: Step) -> bool:
    undo = step.said.get("undo")
    return step.method == "POST" and undo is not None and undo["method"] == "DELETE"


def _call(said: Mapping[str, Json], body: Json) -> Call:
    return Call(str(said["call"]), said["method"], parse_template(said["path"]), body=body)


def _later(found: Json, since: str) -> bool:
    """Whether a record tells of a change long after that moment."""
    moment = found.get("lastModified") if isinstance(found, Mapping) else None
    try:
        return moment is not None and datetime.fromisoformat(str(moment)) > datetime.fromisoformat(since) + SINCE
    except (ValueError, TypeError):
        return False
