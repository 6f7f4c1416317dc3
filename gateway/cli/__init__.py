"""The command `scim-nevisidm`. Each verb imports what it needs when it runs, so that `--help` is quick.

Exit status: 0 fine, 1 findings, 2 wrong usage, 3 could not start.
"""

from gateway.cli import authoring, completing, following, mappings, migration, running, settings, show  # noqa: F401 — each adds its verbs
from gateway.cli.group import main

__all__ = ["main"]
