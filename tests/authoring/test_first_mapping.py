"""docs/first-mapping.md, done by the letter: every command in one folder, one after the other, each saying what the page shows."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.authoring.conftest import Call
from tests.house.page import DOCS
from tests.house.test_pages import Block, blocks

PAGE = DOCS / "first-mapping.md"
FILE = re.compile(r"`(mappings/\w+\.yaml)`:\n\Z")


def done(block: Block, call: Call) -> str:
    """What a block says: our own command in this process, anything else by the shell."""
    if "scim-nevisidm " not in block.text:
        return subprocess.run(["bash", "-ec", block.text], check=True, capture_output=True, text=True).stdout
    said = ""
    for line in block.text.splitlines():
        if line.startswith("scim-nevisidm "):
            result = call(*shlex.split(line)[1:])
            wanted = 1 if " 1 errors" in block.shown else 0
            assert result.exit_code == wanted, f"{line}\n{result.output}\n{result.exception!r}"
            said += result.output
        else:
            said += subprocess.run(["bash", "-ec", line], check=True, capture_output=True, text=True).stdout
    return said


def fits(shown: str, said: str) -> bool:
    """Whether it was said; `…` stands for anything within a line, alone on a line for any lines."""
    lines = [".*(?:\n.*)*" if line == "…" else re.escape(line).replace("…", ".*") for line in shown.splitlines()]
    return re.fullmatch("\n".join(lines) + "\n?", said) is not None


def test_only_what_was_shown_fits() -> None:
    assert fits("a\n…\nb … c\n", "a\n1\n2\nb 7 c\n")
    assert not fits("a\n…\nb … c\n", "a\n1\n2\nb 7 d\n")
    assert not fits("a\n", "a\nb\n")


async def test_the_page_is_done_by_the_letter(
    call: Call, tmp_path: Path, make_world: Callable[..., Awaitable[Any]]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert await asyncio.to_thread(followed, text, call, tmp_path) >= 6  # our command has an event loop of its own
    [served] = re.findall(r"curl .*'http://127\.0\.0\.1:8080(\S+.*)'", text)
    world = await make_world(mappings=tmp_path / "mappings")
    answer = await world.send("GET", served)
    assert answer.status_code == 200
    assert all(each["open"] is True for each in answer.json()["Resources"])
    assert answer.json()["totalResults"] >= 1


def followed(text: str, call: Call, folder: Path) -> int:
    """Do what the page says; how many blocks showed what was said."""
    shown = 0
    for block in blocks(PAGE):
        if block.language == "yaml":
            named = FILE.search(text.partition(block.text)[0].removesuffix("```yaml\n").rstrip("\n") + "\n")
            assert named is not None
            (folder / named[1]).write_text(block.text)
        elif block.language == "sh" and " serve " not in block.text and "curl " not in block.text:
            said = done(block, call)
            assert not block.shown or fits(block.shown, said), f"{block.text}\nsaid\n{said}"
            shown += bool(block.shown)
    return shown
