"""What pages are made of: parts between markers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gateway.authoring.markdown import code, table

__all__ = ["DOCS", "ROOT", "Page", "code", "table"]
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@dataclass(frozen=True, slots=True)
class Page:
    """A page with generated parts: `<!-- made: NAME -->` … `<!-- end -->`."""

    path: Path
    accept: bool

    def holds(self, name: str, made: str) -> None:
        """The part is what was made; with `--accept` it is written. Fails for a page without such a part."""
        text = self.path.read_text(encoding="utf-8")
        pattern = re.compile(rf"(<!-- made: {re.escape(name)} -->\n)(.*?)(<!-- end -->)", re.DOTALL)
        found = pattern.search(text)
        assert found is not None, f"{self.path.name} has no part called {name}"
        made = made.strip("\n") + "\n"
        if self.accept and found[2] != made:
            self.path.write_text(text[: found.start(2)] + made + text[found.end(2) :], encoding="utf-8")
            return
        assert found[2] == made, "run: pytest tests/house --accept"

    def is_all(self, made: str) -> None:
        """The whole page is generated."""
        if self.accept:
            self.path.write_text(made, encoding="utf-8")
        assert self.path.read_text(encoding="utf-8") == made, "run: pytest tests/house --accept"
