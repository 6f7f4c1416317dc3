"""Entity tags in conditions, and the one preference that the gateway knows."""

from __future__ import annotations

import pytest

from gateway.scim.conditional import bare_tags, names, patience, still, wants_minimal


@pytest.mark.parametrize("header", ['W/"7"', '"7"', "7", '"6", W/"7"', 'W/"6" ,"7"', "*", " * "])
def test_a_tag_is_known_in_every_clothing(header: str) -> None:
    assert names(header, 7)
    assert names(header, 'W/"7"')


@pytest.mark.parametrize("header", ['W/"8"', "", "77", '"a, 7"', '"7*"'])
def test_another_tag_is_another_tag(header: str) -> None:
    assert not names(header, "7")


def test_a_comma_inside_of_a_tag_belongs_to_it() -> None:
    assert names('"a,7", "b"', "a,7")
    assert not names('"a,7", "b"', "7")


def test_an_unknown_version_is_only_meant_by_the_star() -> None:
    assert names("*", None)
    assert not names('W/"None"', None)


@pytest.mark.parametrize(
    "prefer",
    [
        "return=minimal",
        'Return = "minimal"',
        "respond-async, return=minimal",
        "return=minimal; foo=bar",
        "return=minimal, return=representation",
    ],
)
def test_minimal_is_heard(prefer: str) -> None:
    assert wants_minimal(prefer)


def test_a_reader_must_know_all_that_would_be_shown() -> None:
    for header, known in (('W/"a1-b2"', True), ('W/"a1-b2-c3"', True), ('W/"a1"', False), ('"a1", "b2"', False)):
        assert names(header, "a1-b2") is known


def test_a_writer_asks_about_the_parts_that_it_names() -> None:
    for header, holds in (
        ('W/"a1"', True),
        ('W/"a1-b2"', True),
        ('W/"a1-b3"', False),
        ('"x", W/"b2"', True),
        ("", False),
    ):
        assert still(header, 'W/"a1-b2-c3"') is holds
    assert still("*", None)
    assert not still('"a1"', None)


def test_tags_without_their_clothes() -> None:
    assert bare_tags('W/"a1-b2", "c", d, *') == ["a1-b2", "c", "d"]


@pytest.mark.parametrize(
    "prefer",
    [
        None,
        "",
        "return",
        "return=representation",
        "return=representation, return=minimal",
        "minimal",
        "xreturn=minimal",
    ],
)
def test_anything_else_is_not_minimal(prefer: str | None) -> None:
    assert not wants_minimal(prefer)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5.0),
        ("respond-async, Wait = 10 ", 10.0),
        ('return=minimal, wait="3"; x=y', 3.0),
        ("wait=4, wait=9", 4.0),
        ("wait=0", 0.0),
        *(
            (each, None)
            for each in (None, "", "wait", "wait=", "wait=-1", "wait=1.5", "wait=٣", "await=5", "wait=99999999")
        ),
    ],
)
def test_how_long_a_caller_waits(prefer: str | None, seconds: float | None) -> None:
    assert patience(prefer) == seconds
