"""`lint --fix` mends what is beyond doubt, in the text itself; the rest, and the author's own hand, stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.authoring.fixing import fixed
from gateway.mapping.lint import lint
from tests.authoring.conftest import Call


def planted(folder: Path, *changes: tuple[str, str], file: str = "Person.yaml") -> str:
    text = (folder / file).read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / file).write_text(text)
    return text


NAME = "  name.familyName: { idm: user.name.familyName, search: { index: name } }\n"
CASES = {
    "a key is misspelt": (
        "required: true,   length: [1, 300]",
        "requird: true,   lenght: [1, 300]",
    ),
    "a key twice, with the same value": (
        "search:\n  scan: 1000\n",
        "search:\n  scan: 1000\n  scan: 1000 # once more\n",
    ),
    "what is derived": (
        "as: within }",
        "as: within, mutability: readOnly }",
    ),
    "a derived key in a block": (
        "  valid:   # since when\n    idm: user.validity   # both ends\n    as: within\n",
        "  valid:   # since when\n    idm: user.validity   # both ends\n    as: within\n    mutability: readOnly # nobody writes it\n",
    ),
    "keys in another order": (
        NAME,
        "  name.familyName: { search: { index: name }, idm: user.name.familyName }\n",
    ),
    "keys of a block in another order, with their comments": (
        "  name.familyName:\n    idm: user.name.familyName  # core\n    # the index\n    # says name\n    search: { index: name }\n",
        "  name.familyName:\n    # the index\n    # says name\n    search: { index: name }\n    idm: user.name.familyName  # core\n",
    ),
    "a record is misspelt": ("roles.value: { idm: roles.extId }", "roles.value: { idm: role.extId }"),
    "blanks and a last line without its end": ("attribute: userName } }\n", "attribute: userName } }  "),
}
GOOD = {
    "a key is misspelt": ("required: true, length: [1, 300]", CASES["a key is misspelt"][0]),
    "a derived key in a block": ("  valid: { idm: user.validity, as: within }\n", CASES["a derived key in a block"][0]),
    "keys of a block in another order, with their comments": (
        NAME,
        CASES["keys of a block in another order, with their comments"][0],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_mended_and_nothing_else_of_it_changes(name: str, folder: Path) -> None:
    good, bad = CASES[name]
    right = planted(folder, GOOD[name]) if name in GOOD else (folder / "Person.yaml").read_text()
    planted(folder, (good, bad))
    done = fixed(folder)
    assert done.texts == {"Person.yaml": right}
    assert done.mended
    assert not done.left


def test_an_inferred_call_is_remarked_before_a_comment_and_without_one(folder: Path) -> None:
    planted(folder, ('password}" } }   # inferred', 'password}" } } # as I hope'))
    assert 'password}" } } # inferred; as I hope\n' in fixed(folder).texts["Person.yaml"]
    planted(folder, (" # as I hope", ""))
    assert 'password}" } }   # inferred\n' in fixed(folder).texts["Person.yaml"]


DOUBTFUL = {
    "a key that is near no other": ("scan: 1000", "skn: 1000"),
    "a key whose right name is there, too": ("scan: 1000", "scan: 1000\n  scann: 5"),
    "a key twice, with another value": ("scan: 1000", "scan: 1000\n  scan: 5"),
    "a key whose value would not be right under its name": ("required: true", "requird: 17"),
    "a field that nevisIDM does not have": ("idm: user.created", "idm: user.createdAt"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_doubtful_is_left_to_the_author(name: str, folder: Path) -> None:
    planted(folder, DOUBTFUL[name])
    done = fixed(folder)
    assert not done.texts
    assert done.left == done.found == lint(folder)
    assert any(each.level == "error" for each in done.left)


def test_many_at_once_and_those_that_hid_behind_others(folder: Path) -> None:
    """An unknown key hides what only compiling finds: that is mended in a later round."""
    right = (folder / "Person.yaml").read_text()
    planted(
        folder,
        ("scan: 1000", "scn: 1000  "),
        ("{ idm: roles.extId }", "{ idm: rols.extId }"),
        ("uniqueness,", "uniqueness, "),
    )
    planted(folder, ("uniform:", "unifrm:"), file="Door.yaml")
    done = fixed(folder)
    assert {*done.texts} == {"Person.yaml", "Door.yaml"}
    assert done.texts["Person.yaml"] == right.replace("uniqueness,", "uniqueness, ")
    assert {each.code for each in done.mended} == {"M101", "M301", "M802"}
    assert not done.left


def test_a_text_in_an_editor_goes_before_the_disk_and_may_be_a_new_file(folder: Path) -> None:
    text = (folder / "Person.yaml").read_text()
    assert [each.code for each in lint(folder, {"Person.yaml": text.replace("scan: 1000", "scann: 1000")})] == ["M101"]
    assert "M104" in {each.code for each in lint(folder, {"Persons.yaml": text})}
    base = {"_base.yaml": "format: 1\ndescription: x\n", "Person.yaml": "extends: _base\n" + text}
    assert not [each for each in lint(folder, base) if each.level == "error"]
    assert lint(folder) == []


# the command


def test_diff_shows_and_fix_writes(folder: Path, call: Call) -> None:
    right = (folder / "Person.yaml").read_text()
    wrong = planted(folder, ("scan: 1000", "scn: 1000"))
    shown = call("lint", "m", "--diff")
    assert (shown.exit_code, "-  scn: 1000\n+  scan: 1000\n" in shown.output) == (1, True)
    assert "--fix may mend 1 of them" in shown.output
    assert (folder / "Person.yaml").read_text() == wrong
    done = call("lint", "m", "--fix", "--diff")
    assert done.exit_code == 0
    assert "+  scan: 1000\n" in done.output
    assert "mended m/Person.yaml:39:3 M101" in done.output
    assert (folder / "Person.yaml").read_text() == right


def test_line_ends_of_another_world_stay(folder: Path, call: Call) -> None:
    text = planted(folder, ("scan: 1000", "scn: 1000")).replace("\n", "\r\n")
    (folder / "Person.yaml").write_bytes(text.encode())
    assert call("lint", "m", "--fix").exit_code == 0
    assert (folder / "Person.yaml").read_bytes() == text.replace("scn", "scan").encode()


def test_shipped_files_are_not_mended_by_accident(call: Call) -> None:
    assert call("lint", "--fix").exit_code == 2


def test_json_has_everything_an_editor_needs(folder: Path, call: Call) -> None:
    planted(folder, ("scan: 1000", "scn: 1000"), ("idm: user.created", "idm: usr.created"))
    planted(folder, ("uniform:", "unifrm:"), file="Door.yaml")
    done = call("lint", "m", "--format", "json")
    rows = json.loads(done.output)
    assert done.exit_code == 1
    assert [(row["file"], row["line"], row["code"], row["fixable"]) for row in rows] == [
        ("m/Door.yaml", 36, "M101", True),
        ("m/Person.yaml", 39, "M101", True),
    ]
    assert rows[1] | {"text": "", "cure": ""} == {
        "file": "m/Person.yaml", "line": 39, "column": 3, "code": "M101", "level": "error", "text": "", "cure": "", "fixable": True,
    }  # fmt: skip


def test_github_gets_annotations_in_its_own_words(folder: Path, call: Call) -> None:
    planted(folder, ("loginid }", "50%25 }"))
    (folder / "Person.yaml").rename(folder / "Per,son.yaml")
    done = call("lint", "m", "--format", "github")
    lines = done.output.splitlines()
    assert all(line.startswith(("::error file=m/", "::warning file=m/")) for line in lines)
    assert any("file=m/Per%2Cson.yaml,line=2,col=11,title=M104::" in line for line in lines)
    assert any('"50%2525"' in line for line in lines)
