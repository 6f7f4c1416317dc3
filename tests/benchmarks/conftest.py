"""One ground for all tests of the bench: it is filled by the gateway itself, which takes its time."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.contest import Ground, prepare


@pytest.fixture(scope="session")
def ground() -> Ground:
    """A filled emulator with the gateway's parts around it."""
    return asyncio.run(prepare())
