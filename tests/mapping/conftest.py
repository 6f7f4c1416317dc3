"""A folder with one mapping and one action that use everything, to plant faults in."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.mapping.folder import ERRORS, find_mappings

HERE = Path(__file__).parent / "folder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder, called `m`, with the shipped error rows."""
    target = tmp_path / "m"
    target.mkdir()
    for file in (*HERE.glob("*.yaml"), find_mappings() / ERRORS):
        (target / file.name).write_text(file.read_text())
    return target
