"""The settings of a live source that a directory is moved from: how to log in there. Its address is an argument of the command."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from gateway.settings.callers import SafeUrl, Section


class MigrationSettings(Section):
    """How `load`, `verify` and `delta` log in to a live source (scim+https://…): by client credentials, or with a bearer token."""

    client_id: str = Field("", description="OAuth2 client id at the source.")
    client_secret: SecretStr | None = Field(None, description="Its secret.")
    client_secret_file: Path | None = Field(None, description="File with it instead; read again when it changes.")
    token_url: SafeUrl | None = Field(
        None, description="Token endpoint of the source; None: /oauth2/v1/token of its host, as IDCS has it."
    )
    scope: str = Field("urn:opc:idm:__myscopes__", description="OAuth2 scope that is asked for; empty: none.")
    token: SecretStr | None = Field(None, description="Bearer token for the source, instead of client credentials.")
    token_file: Path | None = Field(None, description="File with it instead; read again when it changes.")
    ca_file: Path | None = Field(None, description="CA certificates of the source (PEM), where the system's do not do.")
    patience: float = Field(
        900.0,
        gt=0,
        description="Seconds that a source which is busy or away is tried again before the command gives up.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.token is not None and self.token_file is not None:
            raise ValueError("token and token_file are both set; leave one of them out")
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError("client_secret and client_secret_file are both set; leave one of them out")
        if (self.token or self.token_file) and self.client_id:
            raise ValueError("a token and client_id are two ways to log in; leave one of them out")
        if bool(self.client_id) != bool(self.client_secret or self.client_secret_file):
            raise ValueError("client_id and client_secret belong together")
        return self
