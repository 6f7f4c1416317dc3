"""`make soak`: ten minutes (or so many seconds as the first argument says), the report printed and kept in docs/soak.md."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.soak.report import report
from tests.soak.run import soak

PAGE = Path(__file__).resolve().parents[2] / "docs" / "soak.md"


def main() -> int:
    """Run, print, keep. Exit status 1 when a promise was broken."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(soak(seconds, seed, Path(folder)))
    text = report(told)
    print(text)
    PAGE.write_text(text, encoding="utf-8")
    return 1 if told.belief.wrong or any(promised != found for _, promised, found in told.figures) else 0


if __name__ == "__main__":
    sys.exit(main())
