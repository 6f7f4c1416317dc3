"""A load while nevisIDM stumbles: it waits, asks again, and everybody is there once in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.sandbox.misbehave import Fault
from tests.faults.conftest import MakeUpstream
from tests.faults.table import TIMEOUT
from tests.migration.conftest import Directory, group, person

pytestmark = pytest.mark.anyio

STUMBLES: dict[str, Fault] = {
    "too many requests": Fault("status", status=429, every=4, times=3),
    "a proxy that has nobody": Fault("status", status=503, every=4, times=3),
    "away after": Fault("reset_after", method="POST", every=4, times=2),
    "silent after": Fault("reset_after", code=TIMEOUT, method="POST", every=4, times=2),
    "a fault of its own": Fault("status", status=500, method="POST", every=4, times=2),
}


@pytest.mark.parametrize("name", STUMBLES)
async def test_a_load_goes_on_when_nevisidm_stumbles_and_makes_nobody_twice(
    make_upstream: MakeUpstream, tmp_path: Path, name: str
) -> None:
    upstream = await make_upstream(users=0)
    upstream.wrapper.faults.append(STUMBLES[name])
    directory = Directory(upstream.world, tmp_path)
    names = [f"person{number}" for number in range(12)]
    directory.write([*[person(each) for each in names], group("staff", *names[:3])])
    report = await directory.load()
    assert upstream.wrapper.struck(STUMBLES[name]) == STUMBLES[name].times
    assert directory.refused() == []
    assert report.total("refused") == 0
    upstream.wrapper.clear()
    found = await directory.found("/Users?attributes=userName&count=100")
    assert sorted(each["userName"] for each in found) == sorted(names)
    assert len(await directory.members("staff")) == 3
    again = await directory.load()
    assert directory.writes == []
    assert again.total("left") == 13
