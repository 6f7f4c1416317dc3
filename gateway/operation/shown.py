"""The rows of a page, once it is known which resources stand there: read to the end, checked once more where an index found them, shown."""

from __future__ import annotations

from collections.abc import Callable

from gateway.mapping.view import viewer
from gateway.operation.again import Again
from gateway.operation.asked import Asked
from gateway.operation.context import Answer
from gateway.operation.decoding import Decoding
from gateway.operation.finding import Finding
from gateway.operation.hit import Hit
from gateway.operation.side import side_by_side
from gateway.plan.plan import ReadPlan
from gateway.plan.read import plan_read
from gateway.scim.request import Resource, Wanted


async def shown_page(finding: Finding, hits: list[Hit], total: int, asked: Asked, wanted: Wanted) -> Answer:
    """The page's rows, with what further records they show. One that is gone by then does not count either."""
    judge = finding.judge
    if isinstance(judge, Decoding) and judge.has_all(hits):
        return Answer(200, resources=tuple(judge.show_all(hits)), total=total, finished=True)
    show = judge.show if isinstance(judge, Decoding) else _shower(finding, asked)
    plans = [(hit, _after(finding, hit)) for hit in hits]
    await side_by_side(_read_on(finding, hit, plan) for hit, plan in plans if plan.reads)
    if asked.apart:
        elements, alone = finding.elements(), len(hits) == 1
        for hit in (hit for hit in hits if hit.face):
            known = hit.known(finding.mapping, finding.scene)
            hit.records |= await elements.shown(asked.wanted, wanted, known, hit.records, alone=alone)
    rows = tuple([show(hit) for hit in hits if hit.face])
    return Answer(
        200, resources=rows, total=total - (len(hits) - len(rows)), finished=isinstance(finding.judge, Decoding)
    )


def _shower(finding: Finding, asked: Asked) -> Callable[[Hit], Resource]:
    show, scene = viewer(finding.mapping, asked.wanted, asked.versions), finding.scene
    return lambda hit: show(hit.records, scene)


async def _read_on(finding: Finding, hit: Hit, plan: ReadPlan) -> None:
    """Read what a row shows besides. What an index found is checked once more on the records themselves."""
    await finding.read(hit, plan)
    if hit.face and not finding.way.consistent and not finding.judge.fits(hit):
        raise Again(closed="stale: a row does not fit any more")


def _after(finding: Finding, hit: Hit) -> ReadPlan:
    lacking = finding.judge.lacks(hit, to_show=True)
    if not lacking:
        return finding.way.after
    have = frozenset(name for name in hit.records if name not in lacking and name in finding.way.before.records)
    return plan_read(finding.mapping, lacking | finding.way.after.records, have=have)
