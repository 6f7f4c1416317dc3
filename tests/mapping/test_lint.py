"""Each lint code has a planted fault in `plants.txt`: a clean folder with one change, and the findings it must have, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.mapping.circumstance import Circumstance, shared_row
from gateway.mapping.folder import find_mappings, read_folder
from gateway.mapping.lint import RULES, lint
from gateway.mapping.rules.errors import circumstances, fits, rest_of
from gateway.nevisidm.call import Refusal


@dataclass(frozen=True)
class Plant:
    """One fault: `old` becomes `new` in `file`, and lint must find `findings`."""

    code: str
    file: str
    old: str
    new: str
    findings: list[str]


def plants() -> Iterator[Plant]:
    text = (Path(__file__).parent / "plants.txt").read_text()
    for block in text.strip().split("\n\n")[1:]:
        head, *rows = block.split("\n")
        code, file = head.split()
        old = "\n".join(row[2:] for row in rows if row.startswith("- "))
        added = [row[2:] for row in rows if row.startswith("+ ")]
        yield Plant(
            code,
            file,
            old if added else old + "\n",
            "\n".join(added),
            [row for row in rows if not row.startswith(("- ", "+ "))],
        )


PLANTS = list(plants())


@pytest.mark.parametrize("plant", PLANTS, ids=[f"{plant.code}-{number}" for number, plant in enumerate(PLANTS)])
def test_a_planted_fault_is_found_exactly(plant: Plant, folder: Path) -> None:
    file = folder / plant.file
    text = file.read_text()
    assert text.count(plant.old) == 1
    file.write_text(text.replace(plant.old, plant.new))
    found = [str(each) for each in lint(folder)]
    if plant.file == "_errors.yaml":
        found = [re.sub(r"on line \d+", "on line N", re.sub(r"yaml:\d+:\d+", "yaml", each)) for each in found]
    assert found == plant.findings
    assert any(f" {plant.code} " in each for each in found)


def test_the_folder_without_a_fault_is_clean(folder: Path) -> None:
    assert lint(folder) == []


def test_the_shipped_mappings_are_clean() -> None:
    assert [str(each) for each in lint(find_mappings())] == []


def test_every_code_of_the_language_has_a_plant() -> None:
    known = {*range(100, 105), *range(201, 206), *range(301, 308), *range(311, 315), *range(401, 407)}
    known |= {*range(501, 506), *range(601, 607), *range(701, 707), 801, 802}
    assert {int(plant.code[1:]) for plant in PLANTS} == known  # M315 needs a lens: tests/authoring/test_site_lens.py


def test_rules_stand_in_the_order_of_their_codes() -> None:
    codes = [re.search(r"M(\d{3})", f"{rule.__doc__} {rule.__module__}") for rule in RULES]
    numbers = [int(found[1]) for found in codes if found]
    assert len(numbers) == len(RULES)
    assert numbers == sorted(numbers)


def test_all_findings_of_all_files_come_at_once(folder: Path) -> None:
    for file, old, new in (("Person.yaml", "required: t", "requird: t"), ("Door.yaml", "uniform", "unform")):
        text = (folder / file).read_text()
        (folder / file).write_text(text.replace(old, new))
    assert {each.place.file for each in lint(folder)} == {"m/Door.yaml", "m/Person.yaml"}


@pytest.mark.parametrize("file", ["Person.yaml", "Door.yaml"])
def test_no_rule_raises_whatever_line_is_missing(file: str, folder: Path) -> None:
    lines = (folder / file).read_text().splitlines()
    for number in range(len(lines)):
        (folder / file).write_text("\n".join(lines[:number] + lines[number + 1 :]))
        lint(folder)


def test_lint_and_the_gateway_agree_in_every_circumstance() -> None:
    """In each of the 884 circumstances of 162 codes, the one row that lint sees is the row that a refusal gets."""
    folder = read_folder(find_mappings())
    mappings = folder.mappings()
    rest = rest_of(folder.errors)
    every = list(circumstances())
    for code, status, if_match, as_self in every:
        refusal = Refusal("user.read", "http", int(status), codes=(code,), json=True)
        row, by = shared_row(refusal, mappings, Circumstance(if_match, as_self))
        assert [each for each in folder.errors if fits(each.when, code, status, if_match, as_self, rest)] == [row]
        assert by == code
    assert (len(every), len(mappings.codes)) == (884, 162)
