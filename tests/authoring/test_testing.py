"""`test --coverage` says which lines no test touches; `test --accept` writes what came, and leaves the author's hand as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.authoring.accepting import accepted, rewritten
from gateway.authoring.coverage import coverage, percent
from gateway.mapping.document import read_document
from gateway.mapping.load import find_mappings
from gateway.plan.harness import trials
from gateway.plan.trial import GONE
from tests.authoring.conftest import Call

TESTS = """\
format: 1
resource: Person

pairs:
  # what most people have
  - name: a person
    idm: { user: { extId: u1, version: 3, loginId: p-1, userState: active, name: { familyName: Jensen } } }
    scim:
      userName: p-1        # the login
      name: { familyName: "Jensen", formatted: Jensen }
      active: true
      valid: true

edits:
  - { patch: [{ op: replace, path: active, value: false }], writes: { user.update: { userState: disabled, version: 3 } } }

filters:
  - { filter: userName eq "p-1", route: list, push: loginId_IEQ=p-1&loginId_SW=p-, left: nothing }

failures:
  - { reply: { call: user.update, http: 422, errors: [{ code: errors.duplicateName }] }, scim: { status: 409, scimType: uniqueness } }
"""


@pytest.fixture
def tests(folder: Path) -> Path:
    (folder / "Person.tests.yaml").write_text(TESTS)
    return folder


def missed(folder: Path) -> dict[str, str]:
    """What is not touched in Person.yaml: the first word of what it is to the line's text."""
    files = {each.file: each for each in coverage(folder, trials(folder))}
    return {each.what: str(each.place.line) for each in files["m/Person.yaml"].missed}


def test_what_no_test_touches_is_told_by_its_line(tests: Path) -> None:
    lines = (tests / "Person.yaml").read_text().splitlines()
    found = missed(tests)
    assert lines[int(found["attribute emails.slots.0.value"]) - 1].startswith("  emails:")
    assert {
        "route index",
        "call user.delete",
        "create",
        "replace",
        "delete",
        "name.familyName: a filter",
    } <= found.keys()
    assert {"active: stored archived"} == {each for each in found if each.startswith("active")}
    assert (
        not {"attribute userName", "userName: a filter", "route list", "call user.update", "error row", "modify"}
        & found.keys()
    )


@pytest.mark.parametrize(
    ("gone", "then"),
    [
        ("      active: true\n", None),  # a pair that does not pass touches nothing less
        ("edits:\n  - { patch", "call user.update"),
        ('  - { filter: userName eq "p-1"', "userName: a filter"),
        ("  - { reply:", "error row"),
    ],
)
def test_a_test_that_goes_leaves_its_lines_untouched(tests: Path, gone: str, then: str | None) -> None:
    start = TESTS.index(gone)
    end = TESTS.index("\n", start + len(gone) - 1) + 1
    (tests / "Person.tests.yaml").write_text(TESTS[:start] + TESTS[end:].replace("filters:\n\n", "\n"))
    if then is not None:
        assert then in missed(tests)
    else:
        assert "attribute active" not in missed(tests)


def test_every_stored_value_of_a_table_counts(tests: Path) -> None:
    more = TESTS.replace(
        "edits:",
        "  - { name: gone, idm: { user: { extId: u2, userState: archived } }, scim: { active: false } }\n\nedits:",
    )
    (tests / "Person.tests.yaml").write_text(more)
    assert "active: stored archived" not in missed(tests)


def test_the_command_prints_lines_and_fails_under(tests: Path, call: Call) -> None:
    shown = call("test", "m", "--coverage")
    assert shown.exit_code == 0
    assert "m/Person.yaml" in shown.output
    assert "active: stored archived" in shown.output
    assert call("test", "m", "--fail-under", "5").exit_code == 0
    low = call("test", "m", "--fail-under", "99")
    assert (low.exit_code, "below 99 %" in low.output) == (1, True)


def test_the_shipped_mappings_do_not_lose_coverage() -> None:
    done = trials(find_mappings())
    assert all(each.passed for each in done.results)
    assert percent(coverage(find_mappings(), done)) >= 75


# accept

CHANGES = {
    "a value in a block": ("userName: p-1 ", "userName: p-9 "),
    "a value in brackets": ('familyName: "Jensen", formatted', 'familyName: "Jensens", formatted'),
    "a key that is too much": ("formatted: Jensen }", "formatted: Jensen, givenName: Ann }"),
    "a key that is missing": (", formatted: Jensen }", " }"),
    "an attribute that is too much": ("      active: true\n", "      active: true\n      title: Dr.\n"),
    "the body of a call": ("userState: disabled", "userState: archived"),
    "a filter": ("push: loginId_IEQ=p-1&loginId_SW=p-, left: nothing", "push: nothing, left: all"),
    "what a client is told": ("status: 409, scimType: uniqueness", "status: 400, scimType: invalidValue"),
    "what was to be refused": (
        "writes: { user.update: { userState: disabled, version: 3 } }",
        "fails: { status: 400 }",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_came_is_written_where_it_differs_and_nothing_else_changes(name: str, tests: Path) -> None:
    right, wrong = CHANGES[name]
    assert TESTS.count(right) == 1
    (tests / "Person.tests.yaml").write_text(TESTS.replace(right, wrong))
    done = accepted(tests)
    assert not done.left
    text = done.texts["Person.tests.yaml"]
    assert read_document(text, "").data == read_document(TESTS, "").data
    changed = [line for line, old in zip(text.splitlines(), TESTS.splitlines(), strict=True) if line != old]
    assert len(changed) <= 1
    assert [line.partition("#")[2] for line in text.splitlines()] == [
        line.partition("#")[2] for line in TESTS.splitlines()
    ]


def test_what_must_be_refused_says_so_afterwards(tests: Path) -> None:
    wrong = TESTS.replace(
        "value: false }], writes: { user.update: { userState: disabled, version: 3 } } }", "value: 17 }], writes: {} }"
    )
    (tests / "Person.tests.yaml").write_text(wrong)
    text = accepted(tests).texts["Person.tests.yaml"]
    assert "value: 17 }], fails: { status: 400, scimType: invalidValue } }" in text


def test_a_delete_is_tested_by_its_calls(tests: Path) -> None:
    (tests / "Person.tests.yaml").write_text(
        TESTS.replace("\nfilters:", "  - { delete: true, writes: {} }\n\nfilters:")
    )
    text = accepted(tests).texts["Person.tests.yaml"]
    assert '- { delete: true, writes: { user.delete: "DELETE /core/v1/{client}/users/u1" } }' in text


def test_what_cannot_be_right_is_left(tests: Path) -> None:
    (tests / "Person.tests.yaml").write_text(TESTS.replace('filter: userName eq "p-1"', "filter: nonsense eq 1"))
    done = accepted(tests)
    assert not done.texts
    assert [each.name for each in done.left] == ["nonsense eq 1"]


def test_accept_shows_what_it_writes(tests: Path, call: Call) -> None:
    (tests / "Person.tests.yaml").write_text(TESTS.replace("userName: p-1 ", "userName: p-9 "))
    assert call("test", "--accept").exit_code == 2
    assert call("test", "m").exit_code == 1
    done = call("test", "m", "--accept")
    assert done.exit_code == 0, done.output
    assert "-      userName: p-9        # the login\n+      userName: p-1        # the login\n" in done.output
    assert (tests / "Person.tests.yaml").read_text() == TESTS


def test_the_first_key_of_a_map_may_go_and_a_list_may_grow() -> None:
    text = "a:\n  - x: { one: 1, two: 2 } # kept\n    y: [1, 2]\n    z:\n      k: 1 # old\n      l: 2\n"
    new = rewritten(text, {("a", 0): {"x": {"two": 3}, "y": [1, 2, 3], "z": {"k": 1, "m": True}}})
    assert new == "a:\n  - x: { two: 3 } # kept\n    y: [1, 2, 3]\n    z:\n      k: 1 # old\n      m: true\n"
    assert rewritten(text, {("a", 0): {"y": GONE}}) == text.replace("    y: [1, 2]\n", "")
