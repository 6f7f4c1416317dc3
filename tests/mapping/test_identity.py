"""Ids are made of their parts and can always be taken apart again; what is no id has no parts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping.identity import compose_id, id_fault, parse_id
from gateway.mapping.model import Mapping
from gateway.nevisidm.template import parse_template

VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    lambda value: value not in (".", "..")
)


def parts(user: str, own: str) -> dict[str, str]:
    return {"credential.userExtId": user, "credential.extId": own}


def test_an_id_of_one_part_is_that_part(user: Mapping) -> None:
    assert compose_id(user, {"user.extId": "u~1=/x"}.get) == "u~1=/x"
    assert parse_id(user, "u~1=/x") == {"user.extId": "u~1=/x"}


def test_an_id_of_several_parts_has_its_separator_between_them(credential: Mapping) -> None:
    assert compose_id(credential, parts("u1", "c1").get) == "u1~c1"
    assert parse_id(credential, "u1~c1") == parts("u1", "c1")


def test_a_separator_inside_a_value_is_escaped(credential: Mapping) -> None:
    made = compose_id(credential, parts("a~b", "c=/d").get)
    assert made == "a=7Eb~c=3D=2Fd"
    assert parse_id(credential, made) == parts("a~b", "c=/d")


@given(one=VALUES, other=VALUES)
def test_every_id_can_be_taken_apart_again(credential: Mapping, user: Mapping, one: str, other: str) -> None:
    made = compose_id(credential, parts(one, other).get)
    assert made is not None
    assert parse_id(credential, made) == parts(one, other)
    assert parse_id(user, one) == {"user.extId": one}


@given(text=st.text("ab~=7E3D/", max_size=12))
def test_each_id_has_one_spelling_only(credential: Mapping, text: str) -> None:
    found = parse_id(credential, text)
    assert found is None or compose_id(credential, found.get) == text


@pytest.mark.parametrize(
    "known", [{}, {"credential.extId": "c"}, {"credential.extId": "c", "credential.userExtId": ""}]
)
def test_there_is_no_id_while_a_part_is_missing(credential: Mapping, known: dict[str, str]) -> None:
    assert compose_id(credential, known.get) is None


@pytest.mark.parametrize("text", ["", "a\0b", "a\nb", "a\x7fb", "a\ud800b", "x" * 1025, ".", ".."])
def test_what_nobody_was_given_is_no_id(user: Mapping, text: str) -> None:
    assert parse_id(user, text) is None


@pytest.mark.parametrize("text", ["u1", "u1~", "~c1", "a~b~c", "a=7eb~c", "a=7~c", "a=41~c", "..~c", "a~.", "a/b~c"])
def test_what_is_not_spelt_like_an_id_of_the_type_is_none(credential: Mapping, text: str) -> None:
    assert parse_id(credential, text) is None


def test_the_same_hole_twice_must_say_the_same(make_mapping: Callable[..., Mapping]) -> None:
    twice = make_mapping("Twice", "{a.x}~{a.x}", [], [])
    assert parse_id(twice, "1~1") == {"a.x": "1"}
    assert parse_id(twice, "1~2") is None


@given(value=VALUES, other=VALUES)
def test_a_word_keeps_ids_apart(
    make_mapping: Callable[..., Mapping], credential: Mapping, value: str, other: str
) -> None:
    single = make_mapping("Single", "{credential.userExtId}~~pin", [], [])
    made = compose_id(single, {"credential.userExtId": value}.get)
    assert made is not None
    assert made.endswith("~~pin")
    assert parse_id(single, made) == {"credential.userExtId": value}
    assert parse_id(credential, made) is None
    assert parse_id(single, compose_id(credential, parts(value, other).get) or "") is None


@pytest.mark.parametrize("form", ["{user.extId}", "{a.b}~{a.c}", "~:{a.b}", "{a.b}~~word", "word~{a.b}"])
def test_a_form_that_can_be_taken_apart_has_no_fault(form: str) -> None:
    assert id_fault(parse_template(form)) is None


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ("fixed", "a hole"),
        ("{a.b}{a.c}", "separator between"),
        ("{a.b}x{a.c}", "a word needs a separator"),
        ("{a.b}x~{a.c}", "a word needs a separator"),
        ("{a.b}={a.c}", "not = or /"),
    ],
)
def test_a_form_that_cannot_is_told_why(form: str, fault: str) -> None:
    assert fault in (id_fault(parse_template(form)) or "")
