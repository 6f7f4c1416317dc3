"""Cursors: sealed, good for a while, and for the question that they were made for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import BadRequest
from gateway.operation.cursor import Behind, Cursors, Onward, Position, Within

NOW = datetime(2026, 1, 15, 10, 0, 0, tzinfo=UTC)
BOUND = b"a question"
POSITIONS: list[Position] = [
    Onward("list", "1704096000000_u-1001", 49),
    Onward("list", "t", None, bare=True),
    Within("Müller", "u-1001", 40, ("a", "b")),
    Behind("Müller", "u-1001"),
    Behind(None, "u-1001"),
    Behind(True, "u-1001"),
]


def refused(cursors: Cursors, cursor: str, bound: bytes = BOUND, now: datetime = NOW) -> str:
    with pytest.raises(BadRequest) as caught:
        cursors.open(cursor, bound, now)
    assert caught.value.status == 400
    return caught.value.scim_type or ""


@pytest.mark.parametrize("position", POSITIONS)
def test_what_was_sealed_is_opened_again(position: Position) -> None:
    assert Cursors("k" * 32).open(Cursors("k" * 32).seal(position, BOUND, NOW), BOUND, NOW) == position


def test_a_cursor_can_stand_in_a_url_as_it_is() -> None:
    cursor = Cursors().seal(Behind("ü" * 50, "u-1"), BOUND, NOW)
    assert cursor.isascii()
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_cursor_shows_nothing_of_what_it_holds() -> None:
    one, other = (Cursors("k" * 32).seal(Behind("secret", "u-1"), BOUND, NOW) for _ in range(2))
    assert one != other
    assert "secret" not in repr(Behind("secret", "u-1"))


def test_a_cursor_is_good_until_its_time_is_over() -> None:
    cursors = Cursors(None, timedelta(seconds=60))
    cursor = cursors.seal(Behind(1, "u-1"), BOUND, NOW)
    assert cursors.open(cursor, BOUND, NOW + timedelta(seconds=59)) == Behind(1, "u-1")
    assert refused(cursors, cursor, now=NOW + timedelta(seconds=60)) == "expiredCursor"


def test_a_cursor_is_not_good_for_another_question_or_key() -> None:
    cursors = Cursors("k" * 32)
    cursor = cursors.seal(Behind(1, "u-1"), BOUND, NOW)
    assert refused(cursors, cursor, b"another") == "invalidCursor"
    assert refused(Cursors("l" * 32), cursor) == "invalidCursor"
    assert refused(Cursors(), Cursors().seal(Behind(1, "u-1"), BOUND, NOW)) == "invalidCursor"


@pytest.mark.parametrize("cursor", ["x", "made-up", "é", "a" * 43, "=", "A" * 10_000, "+/+/" * 20])
def test_other_text_is_no_cursor(cursor: str) -> None:
    assert refused(Cursors(), cursor) == "invalidCursor"
