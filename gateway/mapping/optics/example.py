"""Examples that a lens carries with it: documentation that is run.

A test runs those of the shipped lenses, the loader those of a site's own (lint M315). An example is what a reader of the mapping sees:
the `as:` of an attribute, a stored value, what is shown for it, and what is stored when that is written to an empty field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

Json = Any

SAME: Final = "\x00same"
"""As `written`: the stored value itself."""
NEVER: Final = "\x00never"
"""As `written`: the shown value is not written back (read-only, or by chance different each time)."""


@dataclass(frozen=True, slots=True)
class Example:
    """`spec` is the `as:` of the mapping; `stored` reads as `shown`, and `shown` is written as `written`."""

    spec: Json
    stored: Json
    shown: Json
    written: Json = SAME

    @property
    def back(self) -> Json:
        """What writing `shown` stores."""
        return self.stored if self.written == SAME else self.written
