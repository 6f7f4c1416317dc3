"""Resources as tests spell them: extensions by the mapping's aliases, `nevis: { unit: … }` or `nevis:unit: …`."""

from __future__ import annotations

from gateway.mapping.model import Mapping
from gateway.scim.request import Resource


def spelled(mapping: Mapping, resource: Resource) -> Resource:
    """The resource with the aliases written out."""
    full: Resource = {}
    for key, value in resource.items():
        alias, colon, rest = key.partition(":")
        urn = mapping.aliases.get(alias)
        if urn is None:
            full[key] = value
        else:
            full.setdefault(urn, {}).update({rest: value} if colon else value)
    return full


def shortened(mapping: Mapping, resource: Resource, like: Resource) -> Resource:
    """The resource with aliases in place of URNs; a name as `like` has it."""
    short: Resource = {}
    names = {urn: alias for alias, urn in mapping.aliases.items()}
    for key, value in resource.items():
        alias = names.get(key)
        if alias is None:
            short[key] = value
            continue
        for name, each in value.items():
            if f"{alias}:{name}" in like:
                short[f"{alias}:{name}"] = each
            else:
                short.setdefault(alias, {})[name] = each
    return short
