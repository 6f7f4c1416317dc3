"""Generated parts of pages are made anew by `--accept` and compared otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.house.page import DOCS, Page


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Callable[[str], Page]:
    """A page of docs/ by its name."""
    accept = bool(request.config.getoption("--accept"))
    return lambda name: Page(DOCS / name, accept)
