"""The soak's report, as a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import quantiles

from tests.soak.run import KILL_EVERY, NOISY, QUIET, WORKERS, Soak


def report(told: Soak) -> str:
    """Figure by figure: what was promised and what the store has; then what happened on the way."""
    cuts = quantiles(told.times, n=100) if len(told.times) > 1 else [0.0] * 99
    answered = sum(told.belief.told.values())
    parts = [
        "# Soak",
        "",
        f"Written by `make soak`: {told.seconds:.0f} seconds, seed {told.seed}, {WORKERS} clients. Three faults are on for {NOISY:.0f} s, "
        f"then none for {QUIET:.0f} s;",
        f"at the end of every {KILL_EVERY}th such turn the gateway is killed with all that it has under way, and another one takes over. "
        "At the end all",
        "faults are off, `repair` runs, and the sandbox's store is compared with what the answers promised.",
        "",
        "Exempt is one thing: when something below the gateway delivers the call that grants a role twice, nevisIDM makes two",
        "authorizations under ids of its own, and the gateway hears of the second only. The first is not counted "
        f"({told.surplus} here); it is",
        "shown like any other grant, and stays when the second is revoked.",
        "",
        f"**{'As promised.' if not told.belief.wrong and all(a == b for _, a, b in told.figures) else 'BROKEN PROMISES.'}** "
        f"{answered} answers ({answered / told.seconds:.0f} a second, the load on the machine included), "
        f"{sum(told.struck.values())} faults struck, "
        f"{told.kills} kills, {told.repaired['repaired']} unfinished writes repaired.",
        "",
        *_table(("figure", "promised", "in the store"), [(name, str(a), str(b)) for name, a, b in told.figures]),
        "",
        *([f"- {each}" for each in told.belief.wrong[:50]] + [""] if told.belief.wrong else []),
        "## Answers",
        "",
        "`done`: success, or GW508 (done and not shown). `open`: GW505, GW506 or killed, and looked into at the end. "
        "Numbers are the statuses of clear errors, after which",
        "nothing may have changed.",
        "",
        *_answers(told),
        "",
        f"Time to answer, faults included: median {cuts[49] * 1000:.0f} ms, 90 % {cuts[89] * 1000:.0f} ms, 99 % {cuts[98] * 1000:.0f} ms. "
        "Largest memory of the process, sandbox and clients included: "
        f"{told.memory[0]} MB after the first turn, {told.memory[-1]} MB at the end.",
        "",
        "## Faults that struck",
        "",
        *_table(("fault", "times"), [(name, str(count)) for name, count in sorted(told.struck.items())]),
        "",
    ]
    return "\n".join(parts)


def _answers(told: Soak) -> list[str]:
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for (kind, outcome), count in told.belief.told.items():
        rows[kind][outcome] += count
    listed = [
        (kind, str(sum(found.values())), ", ".join(f"{name}: {count}" for name, count in sorted(found.items())))
        for kind, found in sorted(rows.items())
    ]
    return _table(("request", "answers", "of these"), listed)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in (head, ("---",) * len(head), *rows)]
