"""Runs the tests beside mappings, `Type.tests.yaml`: no network, no clock, the real engine (mapping-format, section 12.1).

Holes that only a running gateway could fill stand as they are written: an expected body says `"{uuid}"` or `"{settings.default_unit}"`, an
expected reference `"{base}/Groups/g1"`. The time is NOW.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import Any

from gateway.mapping.document import Document, Path
from gateway.mapping.file_read import read_file
from gateway.mapping.file_tests import TestsFile
from gateway.mapping.finding import did_you_mean
from gateway.mapping.inherit import NO_TEXTS, Texts, document_of
from gateway.mapping.load import load
from gateway.mapping.model import Mappings
from gateway.mapping.record import Place
from gateway.plan.exercised import Mark
from gateway.plan.trial import Failed, Trial

Json = Any
SUFFIX = ".tests.yaml"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test. `problem` says what was expected and what came; empty: it passed.

    `path` leads to it within its file, and `accepted` has what its keys would say if what came out were right (`trial.Failed`).
    """

    __test__ = False  # a result, not a test class of pytest's

    place: Place
    name: str
    problem: str = ""
    path: Path = ()
    accepted: Map[str, Json] = field(default_factory=dict, repr=False)

    @property
    def passed(self) -> bool:
        """Whether it did."""
        return not self.problem

    def __str__(self) -> str:
        return f"{self.place} {self.name}: {self.problem or 'passed'}"


@dataclass(slots=True)
class Tested:
    """All tests of a folder, and what they touched: marks by variant ("" for none) and mapping."""

    results: list[TestResult] = field(default_factory=list)
    marks: dict[tuple[str, str], set[Mark]] = field(default_factory=dict)


def run_tests(directory: Folder, texts: Texts = NO_TEXTS) -> list[TestResult]:
    """Every test of a folder; `Type.VARIANT.tests.yaml` holds those of a variant. Raises ConfigError if its mappings do not load."""
    return trials(directory, texts).results


def trials(directory: Folder, texts: Texts = NO_TEXTS) -> Tested:
    """Runs every test of a folder, as `run_tests`. `texts`: what goes before the disk."""
    loaded = {"": load(directory, (), texts)}
    done = Tested()
    files = {*directory.glob(f"*{SUFFIX}"), *(directory / name for name in texts if name.endswith(SUFFIX))}
    for file in sorted(files):
        resource, _, variant = file.name.removesuffix(SUFFIX).partition(".")
        if variant not in loaded:
            loaded[variant] = load(directory, (variant,) if variant else (), texts)
        marks = done.marks.setdefault((variant, resource), set())
        done.results += _file(document_of(file, texts), resource, loaded[variant], marks)
    return done


def _file(document: Document, resource: str, mappings: Mappings, marks: set[Mark]) -> Iterator[TestResult]:
    spec, findings = read_file(document, TestsFile)
    wrong = [each for each in (*document.findings, *findings) if each.level == "error"]
    yield from (
        TestResult(each.place, each.code, each.text + (f", {each.cure}" if each.cure else "")) for each in wrong
    )
    if spec is None or wrong:
        return
    mapping = mappings.by_name.get(spec.resource)
    if mapping is None or spec.resource != resource:
        cure = did_you_mean(spec.resource, mappings.by_name, "name the mapping that this file stands beside")
        yield TestResult(
            document.value_place("resource"), "resource", f'"{spec.resource}" is not the mapping here, {cure}'
        )
        return
    trial = Trial(mapping, mappings, spec.pairs or [])
    yield from _tests(document, spec, trial)
    marks |= trial.exercised.marks


def _tests(document: Document, spec: TestsFile, trial: Trial) -> Iterator[TestResult]:
    kinds: tuple[tuple[str, Sequence[Any] | None, Callable[[Any], None]], ...] = (
        ("pairs", spec.pairs, trial.pair),
        ("edits", spec.edits, trial.edit),
        ("filters", spec.filters, trial.filter),
        ("failures", spec.failures, trial.failure),
    )
    for kind, cases, run in kinds:
        for index, case in enumerate(cases or ()):
            place = document.place(kind, index)
            name = getattr(case, "name", None) or getattr(case, "filter", None) or f"{kind} {index + 1}"
            try:
                run(case)
            except Failed as failed:
                yield TestResult(place, name, str(failed), (kind, index), failed.accepted)
            else:
                yield TestResult(place, name, path=(kind, index))
