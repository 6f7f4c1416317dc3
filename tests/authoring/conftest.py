"""What the tests of the author's tools share: the small folder of tests/mapping, and the command in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.mapping.folder import ERRORS, find_mappings

HERE = Path(__file__).parents[1] / "mapping" / "folder"
Call = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small folder, called `m`, with the shipped error rows."""
    target = tmp_path / "m"
    target.mkdir()
    for file in (*HERE.glob("*.yaml"), find_mappings() / ERRORS):
        (target / file.name).write_text(file.read_text())
    return target


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """The command, standing in the temporary folder, with nothing in the environment."""
    monkeypatch.delenv("GATEWAY_NEVISIDM__URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, [str(each) for each in arguments])
