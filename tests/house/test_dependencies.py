"""What we depend on, audited as far as that goes without a network: versions are pinned, licences are known and allowed.

Whether a version has known vulnerabilities is not known offline: that needs an advisory database (`pip-audit` where there is a network).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
OURS = "scim-nevisidm-gateway"
ALLOWED = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|CC0|Public Domain|0BSD|Zlib",
    re.IGNORECASE,
)
COPYLEFT = re.compile(r"\b(?:A?GPL|General Public|LGPL)", re.IGNORECASE)
TOLD = {
    "axe-playwright-python": "MIT by its licence file; the axe-core in it MPL 2.0; for tests only",
    "luqum": "offered under LGPL 3 and Apache 2.0 alike: taken under Apache 2.0",
}
"""Licences that need a word."""


def pins(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = (line.partition("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, _, version in found}


def needed() -> Iterator[Distribution]:
    """Everything that running, testing and building the gateway installs, found through what each says that it requires."""
    waiting, seen = [Requirement(f"{OURS}[dev]")], set()
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        found = distribution(wanted.name)
        if wanted.name != OURS:
            yield found
        for text in found.requires or ():
            each = Requirement(text)
            extras = wanted.extras or {""}
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(each)


def test_every_package_is_pinned_to_the_version_that_is_installed() -> None:
    pinned = pins("constraints.txt")
    wrong = {
        each.name: (each.version, pinned.get(canonicalize_name(each.name)))
        for each in needed()
        if pinned.get(canonicalize_name(each.name)) != each.version
    }
    assert not wrong, "installed and pinned differ: make constraints"


@pytest.mark.parametrize("file", ["constraints.txt", "tests/conform/constraints.txt"])
def test_a_pin_names_a_version_and_no_place(file: str) -> None:
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line), line


def licence(found: Distribution) -> str:
    meta = found.metadata
    classified = [line.rpartition("::")[2].strip() for line in meta.get_all("Classifier", []) if "License ::" in line]
    return meta.get("License-Expression") or ", ".join(classified) or (meta.get("License") or "").strip()[:200]


def test_every_licence_is_known_and_lets_us_ship() -> None:
    odd = {
        each.name: licence(each)
        for each in needed()
        if each.name not in TOLD and (not ALLOWED.search(licence(each)) or COPYLEFT.search(licence(each)))
    }
    assert not odd, "read the licence; if it is fine, say so in TOLD"
