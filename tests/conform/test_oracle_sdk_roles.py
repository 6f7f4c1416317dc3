"""Oracle's Python SDK on the applications, roles and grants of /admin/v1, with a look into the nevisIDM behind: `oracle_sdk_roles.py`.

The sandbox is a process of its own here, as nevisIDM would be, so that what arrived there can be asked past the gateway.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conform.conftest import TOKEN

BOX = "the-technical-account"


@contextmanager
def running(*command: str) -> Iterator[str]:
    """A command of the gateway that listens, and its URL."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", *command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    lines = iter(process.stdout)
    ready = next((line for line in lines if line.startswith("Ready: ")), "")
    draining = threading.Thread(target=lambda: sys.stdout.writelines(lines))
    draining.start()
    try:
        found = re.match(r"Ready: (http://[^/ ]+)", ready)
        assert found, f"{command[0]} did not start"
        yield found[1]
    finally:
        process.terminate()
        process.wait(20)
        draining.join()
        process.stdout.close()


def test_oracles_sdk_gives_roles_and_takes_them(judge: Callable[..., Any], tmp_path: Path) -> None:
    alone = ("-m", "pytest", "-c", os.devnull, "--rootdir", ".", "--noconftest", "-p", "no:cacheprovider", "-q", "-rA")
    config = tmp_path / "gateway.yaml"
    with running("sandbox", "--users", "20", "--token", BOX) as nevis:
        reached = f"nevisidm: {{ url: {nevis}, login: {{ token: {BOX} }} }}\n"
        caller = f"{{ subject: judge, token: {TOKEN}, roles: [Identity Domain Administrator] }}"
        config.write_text(f"{reached}callers: [{caller}]\n", "utf-8")
        with running("serve", "--config", str(config)) as url:
            told = {"JUDGED_URL": url, "JUDGED_TOKEN": TOKEN, "JUDGED_NEVIS": nevis, "JUDGED_NEVIS_TOKEN": BOX}
            found = judge(*alone, "oracle_sdk_roles.py", **told)
    print(found.stdout, found.stderr)
    assert found.returncode == 0, found.stdout + found.stderr
    assert not re.search(r"^SKIPPED", found.stdout, re.M)
