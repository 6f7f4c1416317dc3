"""The sixty operations that an identity gateway needs, by Oracle's Python SDK, with the sandbox as a process of its own behind."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conform.conftest import TOKEN
from tests.conform.test_oracle_sdk_roles import BOX, running


def test_every_core_operation_does_in_nevisidm_what_it_says(judge: Callable[..., Any], tmp_path: Path) -> None:
    alone = ("-m", "pytest", "-c", os.devnull, "--rootdir", ".", "--noconftest", "-p", "no:cacheprovider", "-q", "-rA")
    config = tmp_path / "gateway.yaml"
    with running("sandbox", "--users", "20", "--token", BOX) as nevis:
        reached = f"nevisidm: {{ url: {nevis}, login: {{ token: {BOX} }} }}\n"
        caller = f"{{ subject: judge, token: {TOKEN}, roles: [Identity Domain Administrator] }}"
        config.write_text(f"{reached}callers: [{caller}]\n", "utf-8")
        with running("serve", "--config", str(config)) as url:
            told = {"JUDGED_URL": url, "JUDGED_TOKEN": TOKEN, "JUDGED_NEVIS": nevis, "JUDGED_NEVIS_TOKEN": BOX}
            found = judge(*alone, "oracle_core.py", **told)
    print(found.stdout, found.stderr)
    assert found.returncode == 0, found.stdout + found.stderr
    assert not re.search(r"^SKIPPED", found.stdout, re.M)
