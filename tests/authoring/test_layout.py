"""Edits of real files, map by map: whatever is brought into another order or taken out, the file says what it should, with its comments."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from typing import Any

import pytest

from gateway.authoring.layout import Holder, Layout, apply, difference_of, ordered, removed
from gateway.mapping.document import read_document
from gateway.mapping.load import find_mappings

NAMES = ("Group.yaml", "PasswordAuthenticator.yaml", "PasswordPolicy.tests.yaml")


def maps(layout: Layout) -> list[Holder]:
    """Every map of the text with more than one key."""
    return [
        each for each in layout.holders.values() if len(each.entries) > 1 and isinstance(each.entries[0].path[-1], str)
    ]


def words(text: str) -> Counter[str]:
    return Counter(text.replace(",", " ").split())


def comments(text: str) -> Counter[str]:
    return Counter(line.partition(" #")[2].strip() for line in text.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_any_other_order_says_the_same_in_the_same_words(name: str) -> None:
    text = (find_mappings() / name).read_text(encoding="utf-8")
    layout, data, done = Layout(text), read_document(text, name).data, 0
    for holder in maps(layout):
        edits = ordered(layout, holder, [str(each.path[-1]) for each in reversed(holder.entries)])
        if edits is not None:
            new = apply(text, edits)
            assert read_document(new, name).data == data
            assert (words(new), comments(new)) == (words(text), comments(text))
            done += 1
    assert done >= len(maps(layout)) * 0.6


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_taken_out_nothing_else_goes(name: str) -> None:
    text = (find_mappings() / name).read_text(encoding="utf-8")
    layout, done = Layout(text), 0
    for holder in maps(layout):
        entry = holder.entries[len(holder.entries) // 2]
        edits = removed(layout, holder, entry)
        if edits is not None:
            wanted: Any = read_document(text, name).data
            del reduce(lambda data, key: data[key], entry.path[:-1], wanted)[entry.path[-1]]
            assert read_document(apply(text, edits), name).data == wanted
            done += 1
    assert done >= len(maps(layout)) * 0.6


def test_the_order_that_there_is_changes_nothing() -> None:
    text = (find_mappings() / "Group.yaml").read_text(encoding="utf-8")
    layout = Layout(text)
    for holder in maps(layout):
        edits = ordered(layout, holder, [str(each.path[-1]) for each in holder.entries])
        assert edits is None or apply(text, edits) == text
    assert difference_of("x", text, text) == ""
