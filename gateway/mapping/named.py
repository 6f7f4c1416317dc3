"""Names in free maps that an installation knows: a free map takes every name, but a client can only discover those that are declared.

Which custom properties a nevisIDM has is true of the installation, so no mapping says it; the setting `names` does. A declared name is a
sub-attribute in discovery and OpenAPI, and may be written in any case; other names are taken as before.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import replace

from gateway.errors import ConfigError
from gateway.mapping.alias import read_attr
from gateway.mapping.model import Mapping, Mappings
from gateway.mapping.records import own_names
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr

Names = Map[str, Sequence[str]]
"""Names by the free map's place: `User.nevis:properties`."""


def with_names(mappings: Mappings, names: Names) -> Mappings:
    """The mappings with the names declared. Raises ConfigError GW001 for a place that is no free map, and a name that is not the map's."""
    if not names:
        return mappings
    found = dict(mappings.by_name)
    for place, listed in names.items():
        resource, _, text = place.partition(".")
        mapping = found.get(resource)
        attr = read_attr(text, mapping.aliases) if mapping is not None else None
        leaf = mapping.leaves.get(Attr(attr.name, "*", attr.urn)) if mapping is not None and attr is not None else None
        if mapping is None or attr is None or attr.sub is not None or leaf is None or leaf.first is None:
            raise ConfigError(f'names: "{place}" is no free map; write it as in User.nevis:properties')
        taken = own_names(mapping, leaf.first)
        wrong = [name for name in listed if name in taken or not name or name.startswith("_")]
        if wrong:
            raise ConfigError(
                f'names: {place} does not hold "{wrong[0]}", which has an attribute of its own or is nevisIDM\'s'
            )
        found[resource] = _declared(mapping, attr, listed)
    return replace(mappings, by_name=found)


def _declared(mapping: Mapping, attr: Attr, names: Sequence[str]) -> Mapping:
    kind = mapping.type
    table = kind.extensions[attr.urn] if attr.urn else kind.core
    whole = table[attr.name.lower()]
    new = {**table, attr.name.lower(): replace(whole, subs={name.lower(): _part(name, whole) for name in names})}
    changed = replace(kind, extensions={**kind.extensions, attr.urn: new}) if attr.urn else replace(kind, core=new)
    return replace(mapping, type=changed)


def _part(name: str, whole: Attribute) -> Attribute:
    """One text (or several) of the map, shown whenever the map is."""
    return Attribute(
        name,
        mutability=whole.mutability,
        returned="never" if whole.returned == "never" else "default",
        case_exact=True,
        multi_valued=whole.open_multi,
        filterable=whole.filterable,
    )
