"""The page's files as they are shipped: HTML, CSS and ES modules, no build step, nothing from elsewhere.

The Content-Security-Policy allows what stands here and nothing else: no inline script, no other origin, no frame.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
}
KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
INDEX = "index.html"


@cache
def names() -> frozenset[str]:
    """The files there are."""
    return frozenset(each.name for each in files(__package__).joinpath("page").iterdir() if each.is_file())


@cache
def text(name: str) -> bytes:
    """A file of `names`."""
    return files(__package__).joinpath("page", name).read_bytes()


def kind(name: str) -> str:
    """Its media type."""
    return KINDS[name.rpartition(".")[2]]
