"""What is kept of a mapping is the same as what would be worked out anew, and does not grow without bound."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

from gateway.mapping import kept as module
from gateway.mapping.kept import forget, kept
from gateway.scim.tree import Attr


def counting() -> tuple[list[tuple[object, ...]], Callable[[object, Attr], object]]:
    asked: list[tuple[object, ...]] = []

    @kept
    def function(thing: object, attr: Attr) -> object:
        asked.append((thing, attr))
        return [thing, attr]

    return asked, function


def test_the_same_question_is_worked_out_once() -> None:
    asked, function = counting()
    thing = {"no": "hash"}
    first = function(thing, Attr("name", "givenName"))
    assert function(thing, Attr("name", "givenName")) is first == [thing, Attr("name", "givenName")]
    assert len(asked) == 1


def test_equal_things_are_different_things_and_equal_attributes_are_the_same() -> None:
    asked, function = counting()
    one: dict[str, str] = {}
    other: dict[str, str] = {}
    assert function(one, Attr("a")) != [other, Attr("b")]
    function(other, Attr("a"))
    function(one, Attr("b"))
    function(one, Attr("a"))
    assert len(asked) == 3


def test_an_id_is_not_given_to_another_thing_while_its_entry_lives() -> None:
    _, function = counting()
    for number in range(1000):
        assert function({"number": number}, Attr("a")) == [{"number": number}, Attr("a")]


def test_the_memory_is_bounded() -> None:
    asked, function = counting()
    thing: dict[str, str] = {}
    for number in range(module.MOST + 1):
        function(thing, Attr(f"client-made-{number}"))
    function(thing, Attr("client-made-0"))
    assert len(asked) == module.MOST + 2


class Thing:
    """Something that can be seen to be gone."""


def test_what_is_forgotten_is_let_go() -> None:
    asked, function = counting()
    thing = Thing()
    gone = weakref.ref(thing)
    function(thing, Attr("a"))
    asked.clear()
    del thing
    gc.collect()
    assert gone() is not None
    forget()
    gc.collect()
    assert gone() is None
