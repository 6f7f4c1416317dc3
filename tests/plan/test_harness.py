"""Tests beside mappings: they pass on the shipped ones, and each kind of wrong expectation is told at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.mapping.load import find_mappings
from gateway.plan.difference import difference
from gateway.plan.harness import run_tests

PAIRS = """\
format: 1
resource: UserSecurIdCredentials
pairs:
  - name: a token
    idm: { credential: { userExtId: u1, version: 2, username: bj, stateName: active } }
    scim: { user: { value: u1, $ref: "{base}/Users/u1" }, userName: bj, state: active, valid: true }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "m"
    target.mkdir()
    for name in ("User.yaml", "UserSecurIdCredentials.yaml", "PasswordAuthenticator.yaml", "_errors.yaml"):
        (target / name).write_text((find_mappings() / name).read_text())
    return target


def problems(folder: Path, text: str, name: str = "UserSecurIdCredentials") -> list[str]:
    (folder / f"{name}.tests.yaml").write_text(text)
    return [str(result) for result in run_tests(folder) if not result.passed]


def test_the_shipped_tests_pass_and_every_shipped_mapping_has_some() -> None:
    results = run_tests(find_mappings())
    assert [str(result) for result in results if not result.passed] == []
    tested = {result.place.file.partition("/")[2].partition(".")[0] for result in results}
    shipped = {file.stem for file in find_mappings().glob("[!_]*.yaml") if not file.name.endswith(".tests.yaml")}
    assert tested == shipped


def test_a_right_pair_passes(folder: Path) -> None:
    assert problems(folder, PAIRS) == []


def test_a_folder_without_tests_has_no_results(folder: Path) -> None:
    assert run_tests(folder) == []


def test_mappings_that_do_not_load_are_not_tested(folder: Path) -> None:
    (folder / "User.yaml").write_text("format: 1")
    with pytest.raises(ConfigError):
        run_tests(folder)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("userName: bj", "userName: bx", "userName: expected 'bx', got 'bj'"),
        ("userName: bj, ", "", "userName: expected nothing, got 'bj'"),
        ("state: active, valid", "state: active, colour: red, valid", "colour: expected 'red', got nothing"),
        ("{ credential:", "{ credentil:", 'no record is called "credentil"'),
    ],
)
def test_a_wrong_pair_says_what_it_shows_instead(old: str, new: str, problem: str, folder: Path) -> None:
    assert problems(folder, PAIRS.replace(old, new)) == [f"m/UserSecurIdCredentials.tests.yaml:4:5 a token: {problem}"]


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        (
            "{ patch: [{ op: replace, path: state, value: disabled }], writes: {} }",
            "credential.update: expected nothing, got {'stateName': 'disabled', 'version': 2}",
        ),
        (
            "{ patch: [{ op: replace, path: state, value: active }], writes: { credential.update: {} } }",
            "credential.update: expected {}, got nothing",
        ),
        (
            "{ patch: [{ op: replace, path: state, value: active }], fails: { status: 400 } }",
            "expected 400, but it passes",
        ),
        (
            "{ patch: [{ op: replace, path: user.value, value: x }], fails: { status: 400, scimType: invalidPath } }",
            "scimType: expected 'invalidPath', got 'mutability'",
        ),
        (
            "{ patch: [{ op: remove, path: userName }], fails: { status: 400, attribute: colour } }",
            "the text does not name colour: ",
        ),
        ("{ from: another, patch: [], writes: {} }", 'there is no pair called "another"'),
        (
            "{ create: { user: { value: u1 }, userName: x } }",
            "credential.create: expected nothing, got {'extId': '{uuid}', 'username': 'x'}",
        ),
    ],
)
def test_a_wrong_edit_says_what_it_causes_instead(case: str, problem: str, folder: Path) -> None:
    (found,) = problems(folder, f"{PAIRS}edits:\n  - {case}\n")
    assert found.startswith(f"m/UserSecurIdCredentials.tests.yaml:8:5 edits 1: {problem}")


def test_an_edit_that_is_refused_unexpectedly_says_how(folder: Path) -> None:
    case = "{ patch: [{ op: replace, path: user.value, value: x }], writes: {} }"
    (found,) = problems(folder, f"{PAIRS}edits:\n  - {case}\n")
    assert ": it is refused: 400 " in found


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        (
            '{ filter: user.value eq "u1", route: walk, push: nothing, left: all }',
            "route: expected 'walk', got 'get'; push: expected 'nothing', got 'u1'; left: expected 'all', got 'nothing'",
        ),
        ('{ filter: colour eq "u1", route: walk, push: nothing, left: all }', '"colour"'),
        (
            '{ filter: state eq "x", with: { wings: 2 }, route: walk, push: nothing, left: all }',
            'no ability is called "wings"',
        ),
        (
            '{ filter: state eq "x", with: { release: 2.9 }, route: walk, push: nothing, left: all }',
            "release must be a str; quote a text that looks like a number",
        ),
    ],
)
def test_a_wrong_filter_says_how_it_is_answered_instead(case: str, problem: str, folder: Path) -> None:
    (found,) = problems(folder, f"format: 1\nresource: UserSecurIdCredentials\nfilters:\n  - {case}\n")
    assert problem in found
    assert found.startswith("m/UserSecurIdCredentials.tests.yaml:4:5 ")


def test_a_filter_must_be_answerable_without_the_index(folder: Path) -> None:
    case = """{ filter: userName sw "b", with: { release: "2.70" }, route: index, push: 'loginid:b*', left: all }"""
    (found,) = problems(folder, f"format: 1\nresource: User\nfilters:\n  - {case}\n", "User")
    assert found.endswith("with query.enabled: false no route is open")


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        ("{ reply: { call: login, http: 404 }, outcome: locked }", "outcome: expected 'locked', got 'wrong'"),
        ("{ reply: { call: login, http: 500 }, outcome: wrong }", "expected the outcome wrong, got 500"),
        ("{ reply: { call: login, http: 500 }, scim: { status: 502 } }", "status: expected 502, got 500"),
    ],
)
def test_a_wrong_failure_says_what_is_told_instead(case: str, problem: str, folder: Path) -> None:
    (found,) = problems(
        folder, f"format: 1\nresource: PasswordAuthenticator\nfailures:\n  - {case}\n", "PasswordAuthenticator"
    )
    assert problem in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("format: 1\nresource: Usr\n", '2:11 resource: "Usr" is not the mapping here, did you mean "User"?'),
        ("format: 1\nresource: User\npair: []\n", '3:1 M101: unknown key "pair", did you mean "pairs"?'),
        ("format: 1\nresource: User\nfilters: [{ filter: x }]\n", '3:11 M103: "route" is missing, such as list'),
        ("format: 1\nformat: 1\nresource: User\n", '2:1 M102: key "format" stands here twice, first on line 1'),
    ],
)
def test_a_wrong_test_file_is_a_failure_at_its_place(text: str, problem: str, folder: Path) -> None:
    assert f"m/User.tests.yaml:{problem}" in problems(folder, text, "User")


def test_differences_are_told_path_by_path() -> None:
    expected = {"a": [1, {"b": True}], "c": None, "d": [1]}
    found = {"a": [1, {"b": 1}], "c": None, "d": [1, 2], "e": 5}
    assert list(difference(expected, found)) == [
        "a[1].b: expected True, got 1",
        "d: expected [1], got [1, 2]",
        "e: expected nothing, got 5",
    ]
    assert list(difference({"c": None}, {})) == ["c: expected None, got nothing"]
