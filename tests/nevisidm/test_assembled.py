"""From settings to answers over real TLS: the sandbox behind a certificate, a gateway that logs in from files that change under way."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
import uvicorn

from gateway.assembly import application, context_for
from gateway.errors import ConfigError
from gateway.events import Event, Events, FileMissed, HostChanged
from gateway.sandbox.app import sandbox
from gateway.sandbox.people import fill
from gateway.settings import Settings
from tests.conftest import TOKEN, shipped


class Site:
    """An authority, files of a gateway, and a sandbox that is reached by TLS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = trustme.CA()
        self.ca.cert_pem.write_to_path(str(folder / "ca.pem"))
        issued = self.ca.issue_cert("gateway.example.org")
        (folder / "gw.key").write_bytes(issued.private_key_pem.bytes())
        (folder / "gw.pem").write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        self.app = sandbox(token="first")
        fill(self.app.state.sandbox, 3)
        self.rotate("first")

    @property
    def box(self) -> Any:
        return self.app.state.sandbox

    def rotate(self, secret: str) -> None:
        """nevisIDM takes another token now, and the file says so a moment later."""
        accounts = self.box.accounts
        accounts[secret] = accounts.pop(next(iter(accounts)))
        fresh = self.folder / "fresh"
        fresh.write_text(secret)
        os.replace(fresh, self.folder / "token")

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert("localhost").configure_cert(tls)
        tls.verify_mode = ssl.CERT_REQUIRED
        self.ca.configure_trust(tls)
        config = uvicorn.Config(
            self.app, port=0, log_level="critical", lifespan="off", ssl_context_factory=lambda *_: tls, loop="none"
        )
        server = uvicorn.Server(config)
        server.capture_signals = _none  # type: ignore[method-assign]
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield f"https://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await task

    def settings(self, url: str, **more: Any) -> Settings:
        login = {
            "mode": "bearer",
            "token_file": self.folder / "token",
            "certificate_file": self.folder / "gw.pem",
            "key_file": self.folder / "gw.key",
        }
        return Settings(nevisidm={"url": url, "login": login, "ca_file": self.folder / "ca.pem", **more}, probe=False)


class _none:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@asynccontextmanager
async def gateway(settings: Settings, events: list[Event]) -> AsyncIterator[httpx.AsyncClient]:
    context = await context_for(settings, None, Events(events.append), shipped())
    app = application(settings, context, TOKEN)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gw", headers={"Authorization": f"Bearer {TOKEN}"}
    ) as client:
        yield client
    await app.state.aclose()
    await context.client.aclose()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_a_person_is_read_and_changed_and_a_rotated_token_costs_nothing(site: Site) -> None:
    events: list[Event] = []
    patch = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "name.givenName", "value": "Berta"}],
    }
    async with site.listening() as url, gateway(site.settings(url), events) as client:
        assert (await client.get("/scim/v2/Users/u-1001")).status_code == 200
        site.rotate("second")
        asked = (client.get("/scim/v2/Users/u-1001"), client.patch("/scim/v2/Users/u-1001", json=patch))
        read, changed = await asyncio.gather(*asked)
        assert (read.status_code, changed.status_code) == (200, 200), changed.text
        (site.folder / "token").unlink()
        assert (await client.get("/scim/v2/Users/u-1001")).json()["name"]["givenName"] == "Berta"
    assert [event for event in events if isinstance(event, FileMissed)] == [
        FileMissed("nevisidm.login: secret", "FileNotFoundError")
    ]


async def test_while_the_first_address_is_away_the_second_serves_reads_and_writes(site: Site) -> None:
    events: list[Event] = []
    async with site.listening() as url:
        settings = site.settings("https://localhost:9", fallback_urls=(url,))
        async with gateway(settings, events) as client:
            found = await client.delete("/scim/v2/Users/u-1001")
            assert found.status_code == 204, found.text
            assert (await client.get("/scim/v2/Users/u-1001")).status_code == 404
    assert [event for event in events if isinstance(event, HostChanged)] == [
        HostChanged("localhost:9", False, "Unreachable")
    ]


async def test_without_our_certificate_nothing_is_said(site: Site) -> None:
    events: list[Event] = []
    async with site.listening() as url:
        settings = site.settings(url, login={"mode": "bearer", "token_file": site.folder / "token"})
        async with gateway(settings, events) as client:
            assert (await client.get("/scim/v2/Users/u-1001")).status_code == 503


@pytest.mark.parametrize("broken", ["gw.pem", "gw.key", "ca.pem"])
async def test_files_of_no_use_keep_the_gateway_from_starting(site: Site, broken: str) -> None:
    (site.folder / broken).write_text("no certificate")
    with pytest.raises(ConfigError, match="TLS files cannot be used"):
        await context_for(site.settings("https://localhost:9"), None, Events(), shipped())
