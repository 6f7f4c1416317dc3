"""What a comparison came to: for people in lines, for machines in a JSON file. Values stand in neither unless they were asked for."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from gateway.migration.balance import Sums
from gateway.migration.difference import Difference
from gateway.migration.verifying import Verifying

Json = Any
MOST_LINES = 12
"""Attributes that are named for each type; the report has all."""


class Marks:
    """What is said of a value that is not to be shown: its length, and a mark that equal values of one report share, and nothing else."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __call__(self, difference: Difference) -> Json:
        """Both sides of a difference."""
        return {"source": self._of(difference.source), "nevis": self._of(difference.nevis)}

    def _of(self, value: Json) -> Json:
        if value is None:
            return None
        text = (
            value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()
        )
        return {
            "characters": len(text),
            "mark": hashlib.blake2b(text.encode(), key=self._key, digest_size=6).hexdigest(),
        }


def values(difference: Difference) -> Json:
    """The values themselves, as they were compared."""
    return {"source": difference.source, "nevis": difference.nevis}


class Verdict:
    """The outcome of a comparison that has run."""

    def __init__(self, done: Verifying) -> None:
        self._done = done
        lists = {kind: [each.name for each in done.mirrors if each.owners == kind] for kind in done.kinds}
        self.sums = {kind: done.balance.sums(kind, lists[kind]) for kind in done.kinds}

    @property
    def same(self) -> bool:
        """Whether nothing differs, nobody is missing and everything could be compared."""
        return not self._done.unlisted and all(
            not set(each.fates) - {"same"} and not each.extra and each.source_digest == each.nevis_digest
            for each in self.sums.values()
        )

    def lines(self) -> Iterator[str]:
        """The report for people; the last line is the proof."""
        done = self._done
        for kind, sums in self.sums.items():
            yield f"{kind}: {_counted(sums, extra=done.extra)}"
            found = done.balance.paths(kind)
            for path, what, many in found[:MOST_LINES]:
                yield f"    {path or '(the whole row)'}: {what} in {many:,} row{'s' if many != 1 else ''}"
            if len(found) > MOST_LINES:
                yield f"    and {len(found) - MOST_LINES:,} more, see --report"
        yield from _named("Not mapped, so nevisIDM does not hold it", done.unmapped)
        yield from _named("Made by nevisIDM, so not compared", done.made_there)
        yield from _named("Written, and can be read by nobody", done.secrets)
        for each in done.unlisted:
            yield f"Could not be listed in nevisIDM: {each}"
        yield self.proof()

    def proof(self) -> str:
        """One line: for each type the rows and the digest of both sides."""
        told = (
            f"{kind} {each.source:,}/{each.nevis:,} {each.source_digest:032x}"
            + (" on both sides" if each.source_digest == each.nevis_digest else f" and {each.nevis_digest:032x}")
            for kind, each in self.sums.items()
        )
        return f"{'Nothing differs' if self.same else 'They differ'}: {'; '.join(told)}"

    def write(self, path: Path, source: str) -> None:
        """The report for machines, row by row."""
        done = self._done
        head = {
            "format": 1,
            "source": source,
            "same": self.same,
            "proof": self.proof(),
            "types": {kind: _facts(each, extra=done.extra) for kind, each in self.sums.items()},
            "attributes": {
                kind: [{"path": path, "what": what, "rows": many} for path, what, many in done.balance.paths(kind)]
                for kind in done.kinds
            },
            "not_mapped": _table(done.unmapped),
            "made_by_nevisidm": _table(done.made_there),
            "unreadable": _table(done.secrets),
            "not_listed": done.unlisted,
        }
        path.touch(mode=0o600)
        with path.open("wb") as file:
            file.write(orjson.dumps(head, option=orjson.OPT_INDENT_2).removesuffix(b"\n}") + b',\n  "rows": [')
            between = b"\n    "
            for kind in done.kinds:
                for row in done.balance.rows(kind):
                    file.write(between + orjson.dumps(row, default=str))
                    between = b",\n    "
            file.write(b"\n  ]\n}\n")


def _counted(sums: Sums, *, extra: bool) -> str:
    told = [
        f"{many:,} {name}" for name in ("same", "different", "missing", "refused") if (many := sums.fates.get(name, 0))
    ]
    told += [f"{sums.extra:,} in nevisIDM only"] if extra else []
    return f"{sums.source:,} in the source" + (f": {', '.join(told)}" if told else "")


def _facts(sums: Sums, *, extra: bool) -> Json:
    return {
        "source": sums.source,
        "nevis": sums.nevis,
        **{name: sums.fates.get(name, 0) for name in ("same", "different", "missing", "refused")},
        "extra": sums.extra if extra else None,
        "digests": {"source": f"{sums.source_digest:032x}", "nevis": f"{sums.nevis_digest:032x}"},
    }


def _named(title: str, counted: Counter[tuple[str, str]]) -> Iterator[str]:
    if counted:
        yield f"{title}: " + ", ".join(f"{kind} {name} ({many:,})" for (kind, name), many in sorted(counted.items()))


def _table(counted: Counter[tuple[str, str]]) -> Json:
    found: dict[str, dict[str, int]] = {}
    for (kind, name), many in sorted(counted.items()):
        found.setdefault(kind, {})[name] = many
    return found
