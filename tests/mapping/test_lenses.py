"""Each lens does what its examples say, and a wrong spelling is answered with the right one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.mapping.lens import Asked
from gateway.mapping.lenses import ALL, build_lens, examples_of
from gateway.mapping.optics.choice import Choice
from gateway.mapping.optics.example import NEVER, Example
from gateway.mapping.optics.verifier import TARGETS, Verifier

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PATHS = {name: f"credential.properties.{name}" for name in TARGETS}
STATE = {"choice": {"active": True, "disabled": False, "archived": False}, "write": {True: "active", False: "disabled"}}


def lens_of(spec: Any) -> Any:
    return build_lens(spec, PATHS if spec == "verifier" else None)


@pytest.mark.parametrize("example", examples_of(), ids=repr)
def test_the_examples_of_a_lens_hold(example: Example) -> None:
    lens = lens_of(example.spec)
    assert lens.get(example.stored, NOW) == example.shown
    if example.shown is not None and example.written != NEVER:
        assert lens.put(example.shown, None) == example.back


@pytest.mark.parametrize("lens", ALL, ids=lambda lens: lens.name)
def test_every_lens_has_a_name_documentation_and_examples(lens: Any) -> None:
    assert lens.name
    assert lens.__doc__
    assert lens.examples


def test_the_closed_set_is_the_one_of_the_mapping_format() -> None:
    assert {lens.name for lens in ALL} == {
        *("identity", "choice", "instant", "date", "number", "flag", "trim", "lower", "upper"),
        *("phone", "split", "prefix", "before", "after", "past", "within", "publicKey", "fingerprint", "verifier"),
    }


@pytest.mark.parametrize(
    ("spec", "targets", "cure"),
    [
        ("lowr", None, 'did you mean "lower"?'),
        ("base64", None, "the lenses are"),
        ({"uper": "x"}, None, 'did you mean "upper"?'),
        ({"lower": "x"}, None, "write `as: lower`"),
        ("split", None, "write `as: { split: … }`"),
        ({"split": 3}, None, 'split: ","'),
        ({"prefix": ""}, None, 'prefix: "x-"'),
        ({"prefix": "x", "suffix": "y"}, None, 'no setting "suffix"'),
        ({"choice": {}}, None, "needs a table"),
        ({"choice": {"a": 1}, "writes": {}}, None, '"writes"'),
        ({"choice": {"a": 1}, "write": []}, None, "`write` is a table"),
        ({"choice": {"a": True, "b": "no"}}, None, "different types"),
        ({"choice": {"a": True}, "write": {False: "a"}}, None, '`write` names "false"'),
        ({"choice": {"a": True, "b": False}, "write": {True: "b"}}, None, "does not read back"),
        ({"choice": {"a": True}, "else": False, "write": {True: "a"}}, None, "leave out `write`"),
        ([], None, "leave out `as`"),
        ([{"split": ","}, "lower"], None, "split must be the last"),
        (["verifier", "lower"], PATHS, "verifier stands alone"),
        ("verifier", None, "hash"),
        ("verifier", {"salt": "a.b", "hash": "a.c"}, "verifier needs"),
        ("verifier", {"mixedSalt": "a.b"}, "verifier needs"),
        ("verifier", {"hash": "a.b", "salt": "a.c", "mixedHash": "a.d"}, "mixedSalt"),
        ("lower", {"hash": "a.b"}, "as: verifier"),
        (3, None, "`as` is a lens"),
    ],
)
def test_a_wrong_spelling_is_refused_with_its_cure(spec: Any, targets: Any, cure: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refused:
        build_lens(spec, targets)
    assert cure in str(refused.value)


class TestChoice:
    def test_what_is_stored_stays_when_it_already_looks_right(self) -> None:
        assert lens_of(STATE).put(False, "archived") == "archived"

    def test_a_filter_asks_for_the_inverse_image(self) -> None:
        assert lens_of(STATE).ask("eq", False, False) == Asked("in", ("disabled", "archived"))
        assert lens_of(STATE).ask("eq", True, False) == Asked("eq", ("active",))

    def test_a_value_that_nothing_shows_is_asked_as_nobody(self) -> None:
        assert lens_of({"choice": {"a": "A"}}).ask("eq", "B", False) == Asked("in", ())

    def test_what_else_shows_cannot_be_asked(self) -> None:
        roles = lens_of({"choice": {"nevisIdm": True}, "else": False})
        assert roles.read_only
        assert roles.ask("eq", False, False) is None
        assert roles.ask("eq", True, False) == Asked("eq", ("nevisIdm",))

    def test_its_type_is_that_of_what_it_shows(self) -> None:
        assert [lens_of({"choice": {"a": face}}).shows for face in (True, "A", 1)] == ["boolean", "string", "integer"]

    def test_what_cannot_be_decided_is_named_for_lint(self) -> None:
        undecided = Choice({"a": "X", "b": "X", "c": "Y"})
        assert undecided.ambiguous == ("X",)
        with pytest.raises(ValueError, match="cannot be written"):
            undecided.put("X", None)

    def test_a_stored_boolean_is_written_as_one(self) -> None:
        assert lens_of({"choice": {True: "yes", False: "no"}}).put("yes", None) is True

    def test_an_unknown_value_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(ValueError, match='"true", "false"'):
            lens_of(STATE).put("true", None)


class TestComposition:
    def test_reading_goes_left_to_right_and_writing_back(self) -> None:
        lens = lens_of([{"prefix": "x-"}, "upper"])
        assert lens.get("x-ch", NOW) == "CH"
        assert lens.put("ch", None) == "x-CH"

    def test_each_lens_knows_what_it_would_see_now(self) -> None:
        lens = lens_of(["lower", STATE])
        assert lens.put(False, "ARCHIVED") == "archived"

    def test_a_condition_is_handed_down(self) -> None:
        assert lens_of([{"prefix": "x-"}, STATE]).ask("eq", False, False) == Asked("in", ("x-disabled", "x-archived"))
        assert lens_of(["phone", "lower"]).ask("eq", "x", False) is None

    def test_it_shows_what_the_last_lens_shows(self) -> None:
        lens = lens_of(["trim", {"split": ","}])
        assert (lens.name, lens.shows, lens.shows_many) == ("trim, split", "string", True)
        assert lens_of(["trim", "past"]).read_only


class TestTime:
    def test_a_bound_literal_is_asked_in_the_stored_spelling(self) -> None:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        assert lens_of("instant").ask("gt", at, False) == Asked("gt", ("2026-11-01T00:00:00Z",))

    @pytest.mark.parametrize(("op", "asked"), [("ge", "gt"), ("gt", "gt"), ("lt", "le"), ("le", "le")])
    def test_what_lies_between_two_storable_instants_widens_to_neither_side_wrongly(self, op: Any, asked: str) -> None:
        at = datetime(2026, 11, 1, 0, 0, 0, 1500, tzinfo=UTC)
        assert lens_of("instant").ask(op, at, False) == Asked(asked, ("2026-11-01T00:00:00.001Z",))

    def test_a_day_is_asked_whatever_time_is_stored_behind_it(self) -> None:
        assert lens_of("date").ask("le", "2000-01-31", False) == Asked("lt", ("2000-02-01",), exact=False)
        assert lens_of("date").ask("eq", "2000-01-31", False) == Asked("sw", ("2000-01-31",), exact=False)
        assert lens_of("date").ask("gt", "9999-12-31", False) is None

    @pytest.mark.parametrize("text", ["2023-02-30T00:00:00Z", "2023-W01-1", "20230818", "0001-01-01T00:00:00+10:00", 5])
    def test_what_is_no_instant_is_not_shown(self, text: Any) -> None:
        assert lens_of("instant").get(text, NOW) is None

    @pytest.mark.parametrize("text", ["2023-08-18", "soon", 12, ["2023-08-18T00:00:00Z"]])
    def test_what_is_no_instant_is_not_written(self, text: Any) -> None:
        with pytest.raises(ValueError, match="such as"):
            lens_of("instant").put(text, None)

    def test_the_ends_of_a_validity_count_as_inside(self) -> None:
        ends = {"from": "2026-06-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}
        assert lens_of("within").get(ends, NOW) is True
        assert lens_of("past").get(ends["to"], NOW) is False
        assert lens_of("within").get({"from": "2026-06-02T00:00:00Z"}, NOW) is False
        assert lens_of("within").get({"from": "soon"}, NOW) is None

    @pytest.mark.parametrize("name", ["past", "within"])
    def test_a_question_about_now_is_never_written_or_asked(self, name: str) -> None:
        assert lens_of(name).ask("eq", True, False) is None
        with pytest.raises(ValueError, match="cannot be set"):
            lens_of(name).put(True, None)


HOPELESS = [
    *[("number", "5"), ("number", True), ("number", float("nan")), ("number", 10**41), ("flag", "yes"), ("phone", "x")],
    *[("phone", "+41 79 ext 3"), ({"split": ","}, ["x,y"]), ({"split": ","}, "x"), ({"prefix": "x"}, 3)],
    *[("date", "31.1.2000"), ("verifier", 5)],
]


@pytest.mark.parametrize(("spec", "value"), HOPELESS, ids=repr)
def test_what_has_no_stored_form_is_refused_without_repeating_it(spec: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=r"give|may not") as refused:
        lens_of(spec).put(value, None)
    assert str(value) not in str(refused.value).split()


@pytest.mark.parametrize(
    "spec", [None, "trim", "lower", STATE, {"split": ","}, "instant", "date", "number", "flag", "phone"]
)
def test_nothing_is_stored_for_nothing_and_nothing_is_shown_for_it(spec: Any) -> None:
    assert lens_of(spec).put(None, None) is None
    assert lens_of(spec).get(None, NOW) is None


class TestVerifier:
    def test_its_values_keep_the_limits_of_the_idcs_document(self) -> None:
        made = lens_of("verifier").put("Secret-1", None)
        assert set(made) == set(TARGETS)
        assert all(12 <= len(text) <= 128 for text in made.values())

    def test_capitals_count_only_for_the_mixed_hash(self) -> None:
        lens = Verifier(iterations=10)
        made = lens.put("Secret", None)
        assert lens.verify("Secret", made)
        assert not lens.verify("SECRET", made)
        assert Verifier(("hash", "salt"), iterations=10).verify("SECRET", made)

    def test_a_broken_stored_value_verifies_nothing(self) -> None:
        lens = Verifier(iterations=10)
        made = lens.put("Secret", None)
        assert not lens.verify("Secret", {**made, "salt": "***"})
        assert not lens.verify("Secret", {**made, "mixedHash": None})

    def test_chance_comes_from_the_given_source_only(self) -> None:
        once, twice = (Verifier(iterations=10, random_bytes=lambda size: b"x" * size).put("s", None) for _ in range(2))
        assert once == twice

    def test_clearing_clears_all_targets(self) -> None:
        assert lens_of("verifier").put(None, None) == dict.fromkeys(TARGETS)
