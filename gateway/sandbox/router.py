"""From a method and a path to an endpoint: segment by segment, on the path as it was sent.

An extId may contain a slash (`%2F`), so segments are decoded only after the path is cut. Endpoints of a later release than the one
imitated, and those a switch takes away, do not exist.
"""

from collections.abc import Iterable
from urllib.parse import unquote

from .box import Sandbox
from .endpoint import Endpoint

Found = tuple[Endpoint, dict[str, str]]


class Router:
    """The table of endpoints, arranged by method and number of segments."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._table: dict[tuple[str, int], list[tuple[Endpoint, list[str]]]] = {}
        for endpoint in endpoints:
            pattern = endpoint.path.split("/")
            self._table.setdefault((endpoint.method, len(pattern)), []).append((endpoint, pattern))
        for rows in self._table.values():  # a literal segment wins over a hole, the earlier the better
            rows.sort(key=lambda row: [segment[:1] == "{" for segment in row[1]])

    def find(self, box: Sandbox, method: str, raw_path: str) -> Found | None:
        """The endpoint and its path parameters, or None."""
        segments = raw_path.split("/")
        for endpoint, pattern in self._table.get((method, len(segments)), ()):
            params = _match(pattern, segments)
            if params is not None and endpoint.served(box) and _is_out(endpoint.since, box.switches.release):
                return endpoint, params
        return None


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    params = {}
    for wanted, segment in zip(pattern, segments, strict=True):
        if wanted[:1] == "{":
            if not segment:
                return None
            params[wanted[1:-1]] = unquote(segment)
        elif wanted != segment:
            return None
    return params


def _is_out(since: str, release: str) -> bool:
    return _age(since) <= _age(release)


def _age(release: str) -> tuple[int, ...]:
    """Releases in order: 2.x by its number, then 7.yymm, 8.yymm and 9.yymm by year and month."""
    major, _, rest = release.partition(".")
    numbers = [int(part) for part in rest.split(".") if part.isdecimal()]
    return (0, *numbers) if major == "2" else (1, *numbers[:1])
