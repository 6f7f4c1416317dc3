"""Our own TLS with client certificates: a real server process, real sockets, and a certificate renewed under it."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme
import yaml

from gateway.edge.connection import Tls
from gateway.errors import ConfigError
from gateway.settings.callers import TlsSettings


class Authority:
    """A CA, the server's certificate and a client's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = trustme.CA()
        self.ca.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.issue("server", "127.0.0.1")
        self.issue("client", "app.example.org")

    def issue(self, name: str, identity: str) -> None:
        issued = self.ca.issue_cert(identity)
        (self.folder / f"{name}.key").write_bytes(issued.private_key_pem.bytes())
        (self.folder / f"{name}.pem").write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))

    def settings(self, clients: str) -> dict[str, object]:
        files = {"certificate_file": "server.pem", "key_file": "server.key", "client_ca_file": "ca.pem"}
        return {"clients": clients} | {key: str(self.folder / name) for key, name in files.items()}

    def context(self, *, shown: bool) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        if shown:
            context.load_cert_chain(self.folder / "client.pem", self.folder / "client.key")
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def url(authority: Authority) -> Iterator[str]:
    callers = [{"subject": "app", "certificate": "dns=app.example.org", "roles": ["Reader"]}]
    config = authority.folder / "gateway.yaml"
    config.write_text(yaml.safe_dump({"callers": callers, "tls": authority.settings("optional")}))
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", "--config", str(config), "--port", "0", "--users", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    ready = next(line for line in process.stdout if line.startswith("Ready: "))
    yield ready.split()[1].removesuffix("/admin/v1")
    process.terminate()
    process.wait(20)
    process.stdout.close()


def test_a_known_certificate_is_enough(url: str, authority: Authority) -> None:
    assert url.startswith("https://")
    with httpx.Client(verify=authority.context(shown=True)) as client:
        assert client.get(f"{url}/scim/v2/Users").json()["totalResults"] > 0


def test_our_own_tls_says_that_it_stays_and_nothing_says_who_we_are(url: str, authority: Authority) -> None:
    answer = httpx.get(f"{url}/scim/v2/Users", verify=authority.context(shown=True))
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in answer.headers


def test_without_one_another_proof_is_asked_for(url: str, authority: Authority) -> None:
    with httpx.Client(verify=authority.context(shown=False)) as client:
        assert client.get(f"{url}/scim/v2/Users").status_code == 401


def test_a_certificate_of_another_authority_is_refused_by_tls(url: str, authority: Authority) -> None:
    strangers = trustme.CA().issue_cert("app.example.org")
    context = authority.context(shown=False)
    strangers.configure_cert(context)
    with httpx.Client(verify=context) as client, pytest.raises(httpx.TransportError):
        client.get(f"{url}/scim/v2/Users")


def test_a_renewed_certificate_is_taken_up_and_a_broken_one_is_not(authority: Authority) -> None:
    tls = Tls(TlsSettings.model_validate(authority.settings("none")))
    assert not tls.renew()
    time.sleep(0.01)
    authority.issue("server", "127.0.0.1")
    assert tls.renew()
    assert not tls.renew()
    good = (authority.folder / "server.pem").read_bytes()
    (authority.folder / "server.pem").write_text("half a fi")
    assert not tls.renew()
    (authority.folder / "server.pem").write_bytes(good)


def test_files_that_cannot_be_used_keep_the_gateway_from_starting(tmp_path: Path) -> None:
    said = TlsSettings(certificate_file=tmp_path / "none.pem", key_file=tmp_path / "none.key")
    with pytest.raises(ConfigError, match="tls"):
        Tls(said)
