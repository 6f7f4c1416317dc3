"""Runs the tests beside mappings, `Type.tests.yaml`: no network, no clock, the real engine (mapping-format, section 12.1).

Holes that only a running gateway could fill stand as they are written: an expected body says `"{uuid}"` or `"{settings.default_unit}"`, an
expected reference `"{base}/Groups/g1"`. The time is NOW.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.mapping.document import Document
from gateway.mapping.file_read import read_file
from gateway.mapping.file_tests import TestsFile
from gateway.mapping.finding import did_you_mean
from gateway.mapping.inherit import NO_TEXTS, Texts, document_of
from gateway.mapping.load import load
from gateway.mapping.model import Mapping, Mappings, Place
from gateway.plan.trial import Failed, Trial

Json = Any
SUFFIX = ".tests.yaml"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test. `problem` says what was expected and what came; empty: it passed."""

    __test__ = False  # a result, not a test class of pytest's

    place: Place
    name: str
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether it did."""
        return not self.problem

    def __str__(self) -> str:
        return f"{self.place} {self.name}: {self.problem or 'passed'}"


def run_tests(directory: Path, texts: Texts = NO_TEXTS) -> list[TestResult]:
    """Every test of a folder; `Type.VARIANT.tests.yaml` holds those of a variant. Raises ConfigError if its mappings do not load."""
    loaded = {"": load(directory, (), texts)}
    results: list[TestResult] = []
    for file in sorted(directory.glob(f"*{SUFFIX}")):
        resource, _, variant = file.name.removesuffix(SUFFIX).partition(".")
        if variant not in loaded:
            loaded[variant] = load(directory, (variant,) if variant else (), texts)
        results += _file(file, resource, loaded[variant])
    return results


def _file(file: Path, resource: str, mappings: Mappings) -> Iterator[TestResult]:
    document = document_of(file)
    spec, findings = read_file(document, TestsFile)
    wrong = [*document.findings, *findings]
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
    yield from _tests(document, spec, mapping, mappings)


def _tests(document: Document, spec: TestsFile, mapping: Mapping, mappings: Mappings) -> Iterator[TestResult]:
    trial = Trial(mapping, mappings, spec.pairs or [])
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
            problem = ""
            try:
                run(case)
            except Failed as failed:
                problem = str(failed)
            yield TestResult(place, name, problem)
