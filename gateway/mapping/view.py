"""From records to a resource: what a client would read if it asked for everything, or for these attributes.

Pure. What is not there is left out; what nevisIDM stores and no attribute maps is never shown. Added later by `scim/finish.py`: `schemas`,
`meta.resourceType`, `meta.location`. `viewer` prepares the work once for many resources: it writes the view down as Python
(`straight.py`). What that must show, `interpreter.py` says; a law holds that both agree.
"""

from __future__ import annotations

from gateway.mapping.kept import kept_few
from gateway.mapping.model import Mapping
from gateway.mapping.records import Records
from gateway.mapping.scene import Scene, Show, at, lookup, put_at
from gateway.mapping.straight import straight
from gateway.mapping.wish import fields_for, records_for
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

__all__ = ["Scene", "Show", "at", "fields_for", "lookup", "put_at", "records_for", "view", "viewer"]


def view(mapping: Mapping, records: Records, scene: Scene, wanted: frozenset[Attr] | None = None) -> Resource:
    """The resource that the records make. `wanted`: the attributes to show, by themselves or by their parent; None: all."""
    return viewer(mapping, wanted)(records, scene)


def viewer(mapping: Mapping, wanted: frozenset[Attr] | None = None, versions: frozenset[str] = frozenset()) -> Show:
    """`view` for one mapping and choice of attributes, prepared once. The id is always shown, where known.

    `versions`: the parts of its version to show (`mapping/version.py`); none of them: no version.
    """
    return _viewer(mapping, wanted, versions)


@kept_few
def _viewer(mapping: Mapping, wanted: frozenset[Attr] | None, versions: frozenset[str]) -> Show:
    return straight(mapping, wanted, versions)
