"""The settings of the way to nevisIDM: where it is, how the gateway logs in there, how long it waits and how much it asks at once."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from gateway.settings_callers import Section


class LoginSettings(Section):
    """How the gateway logs in to nevisIDM."""

    mode: Literal["bearer", "nevis_id", "basic", "header", "oauth2"] = Field("bearer", description="Kind of login.")
    token: SecretStr | None = Field(
        None, description="Static bearer token (mode bearer), or the header's value (mode header)."
    )
    header: str = Field("Authorization", description="Header name (mode header).")
    user: str = Field("", description="User extId (nevis_id) or user name (basic).")
    credential: str = Field("", description="Credential extId (nevis_id).")
    secret: SecretStr | None = Field(None, description="Secret of user or OAuth2 client (nevis_id, basic, oauth2).")
    token_url: str = Field("", description="Token endpoint (oauth2).")
    client_id: str = Field("", description="OAuth2 client id (oauth2).")
    scope: str = Field("nevis", description="OAuth2 scope (oauth2).")


class NevisSettings(Section):
    """Which nevisIDM, which of its clients, and how to reach it."""

    url: str | None = Field(None, description="Base URL, any prefix before /nevisidm/api. None: the embedded sandbox.")
    api: str = Field("/nevisidm/api", description="Path of the REST APIs below the URL.")
    client: str = Field("100", description="extId of the nevisIDM client (tenant) that requests are bound to.")
    client_name: str | None = Field(None, description="Its name; None: asked from nevisIDM at start.")
    login: LoginSettings = Field(default_factory=LoginSettings, description="How the gateway logs in.")
    ca_file: Path | None = Field(None, description="Own CA certificates (PEM).")
    connect_timeout: float = Field(3.0, gt=0, description="Seconds to connect.")
    read_timeout: float = Field(10.0, gt=0, description="Seconds without a byte.")
    total_timeout: float = Field(30.0, gt=0, description="Seconds for one SCIM request's nevisIDM calls together.")
    bulk_timeout: float = Field(
        300.0, gt=0, description="Seconds for one bulk; operations that have not begun by then answer 504."
    )
    max_connections: int = Field(64, gt=0, description="Calls to nevisIDM under way at once.")
    max_waiting: int = Field(256, ge=0, description="Calls that may wait for a place; beyond: 503 with Retry-After.")
    max_reply_bytes: int = Field(16_000_000, gt=0, description="A larger reply is refused as broken.")
