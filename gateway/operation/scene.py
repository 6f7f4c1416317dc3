"""What every stage of a request sees of its surroundings: the tenant's names, the settings a mapping may use, the time."""

from __future__ import annotations

from collections.abc import Mapping as Map
from types import MappingProxyType
from typing import Any, Literal

from gateway.mapping.view import Scene
from gateway.operation.context import Context
from gateway.scim.request import ScimRequest


def tenant_table(request: ScimRequest, context: Context) -> dict[str, Any]:
    """The holes that are the same for the whole request: {client}, {client.name}, {base}, {settings.x}."""
    return {**context.tenant.holes, "base": request.base}


def scene_of(request: ScimRequest, context: Context, also: Map[str, Any] = MappingProxyType({})) -> Scene:
    """The scene of a view for this request; `also`: further holes."""
    verifiers: Literal["show", "hide"] = "hide" if context.verifiers == "hide" else "show"
    return Scene(context.now(), request.base, {**context.tenant.holes, "base": request.base, **also}, verifiers)
