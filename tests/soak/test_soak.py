"""A few seconds of the soak; `make soak` runs it for ten minutes."""

from __future__ import annotations

from pathlib import Path

from tests.soak.run import soak


async def test_what_was_acknowledged_is_what_is_there(tmp_path: Path) -> None:
    told = await soak(5.0, 7, tmp_path, prompt=True)
    assert not told.belief.wrong
    assert [each for each in told.figures if each[1] != each[2]] == []
    assert sum(told.struck.values()) > 10
    assert told.kills >= 2
    assert told.belief.told[("create", "done")] > 3
