"""What became of rows, noted and told: in the checkpoint, in the report, and in the file of refused rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import Refused, ScimError
from gateway.migration.checkpoint import Checkpoint, Known, State
from gateway.migration.entering import Entered
from gateway.migration.preparing import Ready
from gateway.migration.refusals import Refusals
from gateway.migration.report import Report
from gateway.migration.row import Row, Unreadable

UNSURE = frozenset(("GW501", "GW505", "GW506", "GW507", "GW508", "GW406"))
"""Errors after which a row may be half there: it is tried again."""


@dataclass(frozen=True, slots=True)
class Noting:
    """`stop` is told why, when `most_refused` rows were refused."""

    checkpoint: Checkpoint
    report: Report
    refusals: Refusals
    most_refused: int | None
    stop: Callable[[str], None]

    def unreadable(self, found: Unreadable) -> None:
        """A line or entry that is no row."""
        self.report.refused("", "GW101", found.why)
        self.refusals.unreadable(found)

    def left(self, ready: Ready, known: Known | None, *, again: bool) -> None:
        """Nothing is sent for the row: it is as it should be, or waits for others; `again`: in vain."""
        row, id_ = ready.row, known.id if known is not None else None
        if not ready.missing:
            self.checkpoint.seen(row.type, row.key)
            self.report.did[row.type, "left"] += 1
            return
        digest, names = (known.digest, known.names) if known is not None and id_ is not None else (b"", ())
        self.checkpoint.note(row.type, row.key, "waiting", id_, digest, names)
        if again:
            self._in_vain(ready, counted=id_ is not None)
        elif id_ is not None:
            self.report.did[row.type, "left"] += 1

    def _in_vain(self, ready: Ready, *, counted: bool) -> None:
        """What the row refers to is not there, and everything has been loaded. `counted`: the row itself was written."""
        row = ready.row
        for each in ready.missing:
            self.report.missing[row.type, str(each.attr), each.type] += 1
        first = ready.missing[0]
        text = f"{first.attr} refers to a {first.type} that is neither loaded nor known. Load it, or correct the reference."
        self.refusals.row(row, Refused("GW405", text))
        if not counted:
            self.report.did[row.type, "waiting"] += 1

    def not_sent(self, ready: Ready) -> None:
        """What of the row is not sent."""
        kind = ready.row.type
        for name in ready.left_out:
            self.report.left_out[kind, name] += 1
            if name == "passwordHash":
                self.report.secrets[kind, "hashes, which nevisIDM does not take"] += 1
        for name in ready.made_there:
            self.report.made_there[kind, name] += 1

    def well(self, ready: Ready, entered: Entered, known: Known | None, *, again: bool) -> None:
        """The row was entered; `known`: what was known of it before."""
        row = ready.row
        state: State = "refused" if entered.problems else "waiting" if ready.missing else "done"
        self.checkpoint.note(row.type, row.key, state, entered.id, ready.digest, ready.names)
        for error in entered.problems[:1]:
            more = f" ({len(entered.problems)} values were refused.)" if len(entered.problems) > 1 else ""
            self.refused(row, Refused(error.code.code, error.detail + more, status=error.status))
        if not entered.problems and not (again and known is not None):
            self.report.did[row.type, entered.did] += 1
        if again and ready.missing:
            self._in_vain(ready, counted=True)
        for _ in ready.secrets if not again else ():
            self.report.secrets[row.type, "kept as they were" if entered.kept_secrets else "written"] += 1

    def badly(self, ready: Ready, known: Known | None, error: ScimError) -> None:
        """The row was not entered; `known`: what was known of it before."""
        row = ready.row
        half = error.code.code in UNSURE
        id_ = known.id if known is not None else None
        self.checkpoint.note(row.type, row.key, "begun" if half and id_ is None else "refused", id_, ready.digest)
        self.refused(row, error)

    def refused(self, row: Row, error: ScimError) -> None:
        """The row was refused."""
        self.report.refused(row.type, error.code.code, error.detail)
        self.refusals.row(row, error)
        if self.most_refused is not None and self.report.total("refused") >= self.most_refused:
            self.stop(
                f"{self.most_refused:,} rows were refused. See why in the report; correct it, and go on with --resume."
            )
