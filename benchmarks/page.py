"""docs/performance.md, whose tables are put between marks; the words around them are written by hand."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def put(section: str, text: str) -> None:
    """The text in place of what stood between the marks of the section."""
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")
