"""M301, M302, M501 for what leads out of a file: `over` and `where` to another type, files with `_` to those that extend them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath

from gateway.errors import ScimError
from gateway.mapping.document import Document, Path
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.model import Mapping, Over
from gateway.mapping.rules.walk import named
from gateway.plan_names import subject_attr

_OWN_KEYS = frozenset({"format", "extends"})
"""What every file says for itself."""
