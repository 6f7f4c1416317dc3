"""Oracle's Python SDK drives the users part of /admin/v1 over a real socket: `oracle_sdk.py`, run where the SDK is installed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from tests.conform.conftest import TOKEN


def test_oracles_sdk_gets_what_it_expects(judge: Callable[..., Any], serve: Callable[..., str]) -> None:
    alone = ("-m", "pytest", "-c", os.devnull, "--rootdir", ".", "--noconftest", "-p", "no:cacheprovider", "-q", "-rA")
    found = judge(
        *alone, "oracle_sdk.py", "oracle_sdk_groups.py", JUDGED_URL=serve("--users", "20"), JUDGED_TOKEN=TOKEN
    )
    print(found.stdout, found.stderr)
    assert found.returncode == 0, found.stdout + found.stderr
    assert not re.search(r"^SKIPPED", found.stdout, re.M)
