"""Random filters over the whole grammar, with values that somebody has and near misses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone

from hypothesis import strategies as st

from tests.laws.scan import DEAR, IDCS_USER, NEVIS, TYPES, Json, Node, Path, moment, within

WHOLES: list[Path] = [("", "name", ""), ("", "emails", ""), ("", "phoneNumbers", ""), ("", "addresses", ""), ("", "meta", ""),
                      (NEVIS, "properties", ""), ("", "groups", ""), (IDCS_USER, "appRoles", "")]  # fmt: skip
OPERATORS = {
    "flag": ["eq", "ne"],
    "when": ["eq", "ne", "gt", "ge", "lt", "le"],
    **{key: ["eq", "sw", "co", "ew", "ne", "gt", "ge", "lt", "le"] for key in ("text", "exact")},
}


def values(pool: list[Json], kind: str) -> st.SearchStrategy[Json]:
    """Values that somebody has, and near misses."""
    if kind == "flag":
        return st.booleans()
    if kind == "when":
        steps = [0, 1, -1, 999, 1000, -1000, 86_400_000, -86_400_000, 0.5]
        base = st.sampled_from(pool or ["2024-01-01T08:00:03.000Z"])
        return st.builds(shifted, base, st.sampled_from(steps), st.sampled_from([0, 2, -5.5]))
    text = st.builds(lambda value, change: change(value), st.sampled_from(pool or ["x"]), st.sampled_from(CHANGES))
    return text | st.sampled_from(["", "a", "E", "u-10", "*", "?", '"', "\\", "null", " and ", "%", "_", "ß", "é", "İ"])


CHANGES: list[Callable[[str], str]] = [
    lambda text: text, str.swapcase, lambda text: text[:3], lambda text: text[-3:], lambda text: text[1:-1], str.upper, str.lower,
    lambda text: text[: len(text) // 2 + 1], lambda text: text + "x", lambda text: text[:-1], lambda text: text[:1],
    lambda text: text.replace("e", "é"), lambda text: f'"{text}"', lambda text: text + "*", lambda text: " " + text, str.title,
]  # fmt: skip


def shifted(text: str, milliseconds: float, hours: float) -> str:
    there = moment(text) + timedelta(milliseconds=milliseconds)
    return there.astimezone(timezone(timedelta(hours=hours))).isoformat() if hours else there.isoformat()[:-6] + "Z"


def leaves(kinds: dict[Path, str], pools: dict[Path, list[Json]]) -> st.SearchStrategy[Node]:
    def leaf(path: Path) -> st.SearchStrategy[Node]:
        kind = kinds[path]
        made = st.tuples(st.sampled_from(OPERATORS[kind]), st.just(path), values(pools.get(path, []), kind))
        empty = st.tuples(st.sampled_from(["eq", "ne"]), st.just(path), st.none())
        return st.one_of(made, made, made, st.tuples(st.just("pr"), st.just(path)), empty)

    return st.sampled_from(list(kinds)).flatmap(leaf)


def trees(terms: st.SearchStrategy[Node], most: int) -> st.SearchStrategy[Node]:
    def grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(inner, min_size=2, max_size=3)
        joined = st.tuples(st.sampled_from(["and", "or"]), several)
        return joined | joined | st.tuples(st.just("not"), inner)

    return st.recursive(terms, grow, max_leaves=most)


def filters(pools: dict[Path, list[Json]], cheap: bool) -> st.SearchStrategy[Node]:
    """Any filter; `cheap`: on what one list shows."""
    kinds = {path: kind for path, kind in TYPES.items() if not cheap or path[1] not in DEAR}
    single = leaves(kinds, pools)
    parts = []
    for whole in WHOLES:
        inner = within(whole)
        if inner and (not cheap or whole[1] not in DEAR):
            own = {path: pools.get((*whole[:2], path[1]), []) for path in inner}
            part = trees(leaves(inner, own), 3)
            last = leaves(inner, own).filter(lambda node: node[0] != "pr" and node[-1] is not None)
            parts += [st.tuples(st.just("in"), st.just(whole), part)]
            parts += [st.tuples(st.just("in."), st.just(whole), part, last)]
            parts += [st.tuples(st.just("pr"), st.just(whole))]
    return trees(st.one_of(single, single, single, st.one_of(parts)), 5)
