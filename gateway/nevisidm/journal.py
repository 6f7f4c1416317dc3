"""The journal of writes under way: what a process that is killed between two calls of one write leaves behind for `repair`.

A write of several calls stands here, on the disk, before the first of them is sent; each call is noted when it took effect, and the
end when there is one. Each process has a file of its own in the folder and holds its lock as long as it lives. A line has addresses
(which are ids), names of records and attributes, never a value: the former values that undoing needs are sealed (AES-GCM), or absent
where there is no key.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from gateway.errors import Unavailable
from gateway.events import Events, Unrecorded
from gateway.ledger import Ledger
from gateway.nevisidm.call import Call
from gateway.nevisidm.step import WriteStep
from gateway.nevisidm.template import fixed, lookup_in

Json = Any
End = Literal["done", "undone", "half done", "repaired", "accepted"]

_NONCE = 12
_LARGE = 1_000_000


class Seal:
    """Hides former values from whoever reads the journal without the key."""

    def __init__(self, secret: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # only where a key is set

        self._cipher = AESGCM(hashlib.sha256(b"scim-nevisidm journal\0" + secret.encode()).digest())

    def close(self, values: Json, bound: str) -> str:
        """The values, sealed; `bound`: where they stand, so that they are good nowhere else."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, orjson.dumps(values), bound.encode())).decode()

    def open(self, sealed: str, bound: str) -> Json:
        """The values; None when the key is another one, or somebody changed them."""
        from cryptography.exceptions import InvalidTag

        data = base64.b64decode(sealed)
        try:
            return orjson.loads(self._cipher.decrypt(data[:_NONCE], data[_NONCE:], bound.encode()))
        except (InvalidTag, ValueError):
            return None


class Journal:
    """This process's file in the folder. Raises OSError when the folder is of no use."""

    def __init__(self, folder: Path, seal: Seal | None, events: Events) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"writes-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.jsonl"
        self.ledger = Ledger(folder / name, locked=True)
        self.ledger.append({"at": _now()})
        self.seal = seal
        self._events = events
        self._under_way = 0
        self._half_done = False

    async def begin(
        self,
        resource: str,
        request_id: str,
        steps: Sequence[WriteStep],
        known: Mapping[str, Json],
        *,
        proof: bool,
        repeated: bool = False,
    ) -> Entry:
        """Note a write, and wait for the disk. Raises Unavailable GW511 when that cannot be: then nothing has been done.

        `repeated`: what is found under its extIds may have been acknowledged before.
        """
        entry = Entry(self, steps)
        line = {
            "write": entry.name,
            "at": _now(),
            "request": request_id,
            "resource": resource,
            "tenant": known.get("client"),
            "proof": proof,
            "repeated": repeated,
            "steps": [self._step(entry.name, number, step, known) for number, step in enumerate(steps)],
        }
        try:
            await asyncio.to_thread(self._put_down, line)
        except OSError as error:
            self._events.emit(Unrecorded("journal", type(error).__name__))
            text = "The journal cannot be written, so nothing was done. An operator has been told; try again later."
            raise Unavailable("GW511", text, retry_after=10) from None
        self._under_way += 1
        return entry

    def note(self, line: Mapping[str, Json]) -> None:
        """One more line about a write; a loss is told to the operator, and `repair` looks for itself what was done."""
        try:
            self.ledger.append(line)
        except OSError as error:
            self._events.emit(Unrecorded("journal", type(error).__name__))

    def ended(self, end: End) -> None:
        """A write is over; without any that is open, former lines are of no more use."""
        self._under_way -= 1
        self._half_done |= end == "half done"
        if not self._under_way and not self._half_done and self.ledger.size > _LARGE:
            self.ledger.empty()

    def close(self) -> None:
        """No more writes; a file without any that is open goes."""
        self.ledger.close(drop=not self._under_way and not self._half_done)

    def _put_down(self, line: Mapping[str, Json]) -> None:
        self.ledger.append(line)
        self.ledger.sync()

    def _step(self, write: str, number: int, step: WriteStep, known: Mapping[str, Json]) -> dict[str, Json]:
        again, undo = step.again, step.undo
        told = {
            **_address(step.call, known),
            "writes": list(step.writes),
            "attributes": [str(attr) for attr in step.attributes],
            "stage": step.stage,
            "chosen": step.chosen,
            "look": _address(again, known)["path"] if again is not None else None,
            "at": list(step.at),
            "undo": _address(undo, known) if undo is not None else None,
        }
        if undo is not None and undo.body is not None and self.seal is not None:
            sent = {key: value for key, value in (step.call.body or {}).items() if key in undo.body}
            told["sealed"] = self.seal.close({"back": undo.body, "sent": sent}, f"{write}/{number}")
        return told


class Entry:
    """One write in the journal; the `Notes` of its `Writing`."""

    def __init__(self, journal: Journal, steps: Sequence[WriteStep]) -> None:
        self.name = uuid.uuid4().hex
        self._journal = journal
        self._numbers = {id(step): number for number, step in enumerate(steps)}

    def done(self, step: WriteStep, made: Mapping[str, Json]) -> None:
        """See Notes."""
        self._journal.note({"write": self.name, "done": self._numbers[id(step)], **({"made": made} if made else {})})

    def undone(self, step: WriteStep) -> None:
        """See Notes."""
        self._journal.note({"write": self.name, "undone": self._numbers[id(step)]})

    def end(self, end: End, left: Sequence[WriteStep] = ()) -> None:
        """It is over; `left`: the steps whose effect stays."""
        numbers = [self._numbers[id(step)] for step in left]
        self._journal.note({"write": self.name, "end": end, "at": _now(), **({"left": numbers} if numbers else {})})
        self._journal.ended(end)


def _address(call: Call, known: Mapping[str, Json]) -> dict[str, Json]:
    """A call without its body; holes that nobody can fill yet stay."""
    lookup = lookup_in(known)
    found = {hole: value for hole in call.path.holes if (value := lookup(hole)) not in (None, "")}
    return {"call": call.name, "method": call.method, "path": fixed(call.path, found).text}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
