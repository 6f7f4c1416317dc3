"""What a load did, counted by type and by reason: for people as text, for programs as JSON. It names attributes, never values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

COLUMNS = ("created", "changed", "left", "waiting", "refused")


@dataclass(slots=True)
class Report:
    """Counts. `did`: (type, what became of it); `reasons`: (type, code, detail) of refusals; `left_out` and `made_there`: (type,
    attribute).
    """

    did: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    made_there: Counter[tuple[str, str]] = field(default_factory=Counter)
    secrets: Counter[tuple[str, str]] = field(default_factory=Counter)
    missing: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    cuts: int = 0

    def refused(self, kind: str, code: str, detail: str) -> None:
        """Count a refusal by its reason; of those that differ from row to row, the first hundred are told apart."""
        self.did[kind, "refused"] += 1
        reason = (kind, code, detail)
        self.reasons[reason if reason in self.reasons or len(self.reasons) < 100 else (kind, code, "…")] += 1

    def total(self, what: str) -> int:
        """How many rows that became of, of all types."""
        return sum(count for (_, did), count in self.did.items() if did == what)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return sum(self.did.values())

    def lines(self, *, dry: bool) -> list[str]:
        """For people."""
        kinds = list(dict.fromkeys(kind for kind, _ in self.did))
        width = max([10, *map(len, kinds)])
        found = ["Nothing was written; this is what would be." if dry else "Loaded."]
        found.append(f"{'':{width}}" + "".join(f"{name:>10}" for name in COLUMNS))
        found += [f"{kind:{width}}" + "".join(f"{self.did[kind, name]:>10,}" for name in COLUMNS) for kind in kinds]
        rate = f", {self.rows / self.seconds:,.0f} a second" if self.seconds > 0 else ""
        found.append(f"{self.rows:,} rows in {self.seconds:,.1f} s{rate}; nevisIDM was given time {self.cuts} times.")
        found += self._section("Refused, why:", {f"{k} {c} {d}": n for (k, c, d), n in self.reasons.items()})
        found += self._section(
            "Referred to what is not there:", {f"{k}.{a} → {t}": n for (k, a, t), n in self.missing.items()}
        )
        found += self._section(
            "Left out, as tables/dropped.yaml and --drop say:", {f"{k} {a}": n for (k, a), n in self.left_out.items()}
        )
        found += self._section(
            "Not sent, since nevisIDM makes it itself:", {f"{k} {a}": n for (k, a), n in self.made_there.items()}
        )
        found += self._section("Passwords and other secrets:", {f"{k} {w}": n for (k, w), n in self.secrets.items()})
        return found

    def _section(self, title: str, counts: dict[str, int]) -> list[str]:
        if not counts:
            return []
        return [
            "",
            title,
            *(f"{count:>10,}  {text}" for text, count in sorted(counts.items(), key=lambda each: -each[1])),
        ]

    def facts(self, *, dry: bool) -> dict[str, Any]:
        """For programs."""
        kinds = list(dict.fromkeys(kind for kind, _ in self.did))
        return {
            "dryRun": dry,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "cuts": self.cuts,
            "types": {kind: {name: self.did[kind, name] for name in COLUMNS} for kind in kinds},
            "refused": [{"type": k, "code": c, "detail": d, "count": n} for (k, c, d), n in self.reasons.items()],
            "missing": [
                {"type": k, "attribute": a, "refersTo": t, "count": n} for (k, a, t), n in self.missing.items()
            ],
            "leftOut": [{"type": k, "attribute": a, "count": n} for (k, a), n in self.left_out.items()],
            "madeThere": [{"type": k, "attribute": a, "count": n} for (k, a), n in self.made_there.items()],
            "secrets": [{"type": k, "what": w, "count": n} for (k, w), n in self.secrets.items()],
        }
