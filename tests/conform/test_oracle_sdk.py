"""Oracle's Python SDK drives /admin/v1 over a real socket: `oracle_sdk.py` and `oracle_sdk_people.py`, run where the SDK is installed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

from tests.conform.conftest import TOKEN

ALONE = ("-m", "pytest", "-c", os.devnull, "--rootdir", ".", "--noconftest", "-p", "no:cacheprovider", "-q", "-rA")


def test_oracles_sdk_gets_what_it_expects(judge: Callable[..., Any], serve: Callable[..., str]) -> None:
    judged(
        judge(*ALONE, "oracle_sdk.py", "oracle_sdk_groups.py", JUDGED_URL=serve("--users", "20"), JUDGED_TOKEN=TOKEN)
    )


def test_a_person_gets_what_it_expects(judge: Callable[..., Any], start: Callable[..., str]) -> None:
    inside = start("sandbox", "--users", "20", "--token", "technical")
    settings = {
        "GATEWAY_NEVISIDM__URL": inside,
        "GATEWAY_NEVISIDM__LOGIN__TOKEN": "technical",
        "GATEWAY_CALLERS": json.dumps([{"subject": "sdk", "token": TOKEN, "roles": ["Identity Domain Administrator"]}]),
    }
    outside = {"JUDGED_NEVISIDM": f"{inside}/nevisidm/api", "JUDGED_IDM_TOKEN": "technical", "JUDGED_TOKEN": TOKEN}
    judged(judge(*ALONE, "oracle_sdk_people.py", JUDGED_URL=start("serve", **settings), **outside))


def judged(found: Any) -> None:
    print(found.stdout, found.stderr)
    assert found.returncode == 0, found.stdout + found.stderr
    assert not re.search(r"^SKIPPED", found.stdout, re.M)
