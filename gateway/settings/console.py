"""The settings of the console: whether there is one, who may see it, and how much of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from gateway.settings.callers import Section


class ConsoleSettings(Section):
    """The page at `/console`."""

    enabled: bool | None = Field(
        None, description="Whether it is served; None: with the sandbox, not in front of a real nevisIDM."
    )
    key: SecretStr | None = Field(
        None,
        min_length=24,
        description="What the browser asks for (any user name); a must in front of a real nevisIDM.",
    )
    show: Literal["shapes", "values"] = Field(
        "shapes", description="In front of a real nevisIDM: replies and answers as `***`, or as they are."
    )
    hosts: tuple[str, ...] = Field(
        (), description="DNS names by which it may be asked for; localhost and IP addresses always may."
    )
