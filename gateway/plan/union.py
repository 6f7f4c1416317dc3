"""An `or` on a list that knows no `or`: one call per branch, hits merged by id (mapping-format, section 3.5, point 3).

Only where every branch fixes one unique attribute (or the id), or an address of a person (the value of a slot: `emails.value eq` is an `or`
over the kinds of mail), by an `eq` that the list takes exactly: then each call brings a few rows at most, and what else the filter says can
be checked on them.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.plan.condition import AnyOf, Condition, all_of, certain, conjuncts, tests
from gateway.plan.split import Share, Split, split_conjunction
from gateway.plan.way import Pushed

Speller = Callable[[], Callable[..., Pushed | None]]
"""Makes a fresh way of spelling tests: parameters are used once per call."""


def union_of(condition: Condition, speller: Speller, most: int) -> tuple[tuple[Split, ...], Split] | None:
    """The split of each branch's call, and what the whole comes to; None if the condition is no such `or`."""
    terms = conjuncts(condition)
    for number, term in enumerate(terms):
        if not isinstance(term, AnyOf) or len(term.terms) > most:
            continue
        others = terms[:number] + terms[number + 1 :]
        branches = [split_conjunction(_and(branch, others), speller()) for branch in term.terms]
        if all(_fixed(branch, split) for branch, split in zip(term.terms, branches, strict=True)):
            return tuple(branches), _sum(term, others, branches)
    return None


def _and(branch: Condition, others: tuple[Condition, ...]) -> Condition:
    """The branch before the rest, so that a parameter both could use is the branch's."""
    if not others or branch.source is None:
        return branch
    return all_of(branch.source, (*conjuncts(branch), *others))


def _fixed(branch: Condition, split: Split) -> bool:
    """Whether the branch has a condition that few fit and the list takes exactly, in all its parts."""
    unique = {id(test.source) for test in certain(branch) if (test.unique or test.few) and test.fixes_one}
    exact = {id(pushed.source) for share in split.shares if share.exact for pushed in share.pushed}
    rest = {id(test.source) for share in split.shares if not share.exact for test in tests(share.term)}
    return bool((unique & exact) - rest)


def _sum(term: AnyOf, others: tuple[Condition, ...], branches: list[Split]) -> Split:
    """The whole as terms of the request: the `or` is said if every branch says its own part, another term if all calls say it."""
    outside = set(map(id, others))
    own = [share for split in branches for share in split.shares if id(share.term) not in outside]
    shares = [Share(term, (), all(share.exact for share in own), sum(share.unpushed for share in own))]
    for other in others:
        same = [share for split in branches for share in split.shares if share.term is other]
        exact = len(same) == len(branches) and all(share.exact for share in same)
        shares.append(Share(other, (), exact, max((share.unpushed for share in same), default=1)))
    return Split(tuple(shares))
