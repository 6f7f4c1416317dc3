"""Every kind of login over real sockets with TLS, through both engines: what stands on the wire, and secrets that change under way."""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gateway.errors import ConfigError
from gateway.nevisidm.call import Refusal, Request
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Engine, Timeouts, Unreachable
from gateway.nevisidm.engine_aiohttp import AiohttpEngine
from gateway.nevisidm.engine_direct import DirectEngine
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login_of import Said, login_of
from gateway.nevisidm.tls import Trust
from tests.nevisidm.sockets import server

GET = Request("user.read", "GET", "/core/v1/100/users/u1")
PATCH = Request("user.update", "PATCH", "/core/v1/100/users/u1", body={"version": 3})
ONCE = Request("login", "POST", "/auth/v1/100/users/u1/password/login/", body={"password": "p"}, once=True)
PATIENT = Timeouts(connect=2.0, read=2.0)
ENGINES: dict[str, Callable[[Trust], Engine]] = {
    "direct": lambda trust: DirectEngine(trust=trust),
    "aiohttp": lambda trust: AiohttpEngine(trust=trust),
    "httpx": lambda trust: HttpxEngine(trust=trust),
}


@dataclass
class Nevis:
    """A nevisIDM on a socket that wants certain headers, and a token endpoint beside it."""

    wants: str = ""
    given: int = 0
    secret: str = "s3cret"
    heard: list[tuple[str, str]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        line, _, rest = request.partition(b"\r\n")
        head = dict(part.split(": ", 1) for part in rest.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n"))
        head = {name.lower(): value for name, value in head.items()}
        path, said = line.split()[1].decode(), head.get("authorization", head.get("x-sec", ""))
        certificate = writer.get_extra_info("ssl_object").getpeercert()
        self.shown.append(certificate["subjectAltName"][0][1] if certificate else "")
        self.heard.append((path, said))
        if self.hold is not None:
            await self.hold.wait()
        if path == "/token":
            self.given += 1
            right = said == "Basic " + base64.b64encode(f"gw:{self.secret}".encode()).decode()
            token = {"access_token": f"t{self.given}"}
            self._answer(writer, 200 if right else 401, token if right else {"error": "invalid_client"})
        else:
            self._answer(writer, 200 if not self.wants or said == self.wants else 401, {})

    def _answer(self, writer: asyncio.StreamWriter, status: int, body: Any) -> None:
        raw = orjson.dumps(body)
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        writer.write(head.encode() + raw)

    def logins(self) -> list[str]:
        return [said for path, said in self.heard if path != "/token"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(tmp_path: Path, authority: trustme.CA) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    issue(authority, tmp_path, "gateway.example.org")
    return tmp_path


def issue(authority: trustme.CA, folder: Path, name: str) -> None:
    issued = authority.issue_cert(name)
    (folder / "gw.key").write_bytes(issued.private_key_pem.bytes())
    (folder / "gw.pem").write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))


def server_tls(authority: trustme.CA, *, clients: bool = False) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    if clients:
        tls.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(tls)
    return tls


@dataclass
class Place:
    """A nevisIDM, and how a test's client reaches it."""

    nevis: Nevis
    url: str
    folder: Path
    engine: Callable[[Trust], Engine]
    made: list[Client] = field(default_factory=list)

    def client(self, *, certificate: bool = False, **said: Any) -> Client:
        pair = (self.folder / "gw.pem", self.folder / "gw.key") if certificate else None
        trust = Trust(self.folder / "ca.pem", pair)
        login = login_of(Said(shows_certificate=certificate, **said))
        self.made.append(Client(self.engine(trust), self.url, login, timeouts=PATIENT, pause=lambda: 0.0))
        return self.made[-1]

    def write(self, secret: str) -> Path:
        """As a secret is rotated: a new file takes the old one's place."""
        fresh = self.folder / "fresh"
        fresh.write_text(secret + "\n")
        os.replace(fresh, self.folder / "secret")
        return self.folder / "secret"


@pytest.fixture(params=ENGINES)
def make_engine(request: pytest.FixtureRequest) -> Callable[[Trust], Engine]:
    return ENGINES[request.param]


@pytest.fixture
async def place(make_engine: Callable[[Trust], Engine], authority: trustme.CA, files: Path) -> AsyncIterator[Place]:
    nevis = Nevis()
    async with server(nevis, server_tls(authority)) as url:
        made = Place(nevis, url, files, make_engine)
        yield made
        for client in made.made:
            await client.aclose()


@pytest.fixture
async def strict(make_engine: Callable[[Trust], Engine], authority: trustme.CA, files: Path) -> AsyncIterator[Place]:
    """One that speaks to those alone who show a certificate."""
    nevis = Nevis()
    async with server(nevis, server_tls(authority, clients=True)) as url:
        made = Place(nevis, url, files, make_engine)
        yield made
        for client in made.made:
            await client.aclose()


async def send(client: Client, request: Request = GET) -> int:
    return (await client.send(request, request_id="r1")).status


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("said", "wants"),
    [
        ({"mode": "bearer", "token": "t0k"}, "Bearer t0k"),
        ({"mode": "nevis_id", "user": "u", "credential": "c", "secret": "s:1"}, "Bearer " + encoded("u:c:s:1").rstrip("=")),
        ({"mode": "basic", "user": "u", "secret": "sé"}, "Basic " + encoded("u:sé")),
        ({"mode": "header", "header": "X-Sec", "token": "v"}, "v"),
        ({"mode": "oauth2", "client_id": "gw", "secret": "s3cret"}, "Bearer t1"),
    ],
    ids=lambda value: value["mode"] if isinstance(value, dict) else "",
)  # fmt: skip
async def test_each_login_stands_on_the_wire(place: Place, said: dict[str, str], wants: str) -> None:
    place.nevis.wants = wants
    more = {"token_url": f"{place.url}/token"} if said["mode"] == "oauth2" else {}
    client = place.client(**said, **more)
    assert [await send(client), await send(client, PATCH)] == [200, 200]
    assert place.nevis.logins() == [wants, wants]
    assert place.nevis.given == (said["mode"] == "oauth2")


@pytest.mark.parametrize("mode", ["bearer", "nevis_id", "basic", "header"])
async def test_a_secret_in_a_file_is_read_again_when_it_changes(place: Place, mode: str) -> None:
    key = "token_file" if mode in ("bearer", "header") else "secret_file"
    client = place.client(mode=mode, user="u", credential="c", **{key: place.write("old")})
    await send(client)
    place.write("newer")
    await send(client)
    before, after = place.nevis.logins()
    forms = {"bearer": "Bearer {}", "header": "{}", "basic": "Basic {}", "nevis_id": "Bearer {}"}
    values = {"basic": encoded("u:newer"), "nevis_id": encoded("u:c:newer").rstrip("=")}
    assert before != after == forms[mode].format(values.get(mode, "newer"))


async def test_a_secret_rotated_while_requests_are_under_way_costs_none_of_them(place: Place) -> None:
    client = place.client(mode="bearer", token_file=place.write("old"))
    place.nevis.hold, place.nevis.wants = asyncio.Event(), "Bearer newer"
    under_way = [asyncio.create_task(send(client, each)) for each in (GET, PATCH, GET)]
    while len(place.nevis.heard) < 3:
        await asyncio.sleep(0.005)
    place.write("newer")
    place.nevis.hold.set()
    assert await asyncio.gather(*under_way) == [200, 200, 200]
    assert sorted(place.nevis.logins()) == ["Bearer newer"] * 3 + ["Bearer old"] * 3


async def test_a_call_that_counts_is_not_repeated_after_a_401_but_the_next_has_the_new_secret(place: Place) -> None:
    client = place.client(mode="bearer", token_file=place.write("old"))
    place.nevis.hold, place.nevis.wants = asyncio.Event(), "Bearer newer"
    under_way = asyncio.create_task(send(client, ONCE))
    while not place.nevis.heard:
        await asyncio.sleep(0.005)
    place.write("newer")
    place.nevis.hold.set()
    with pytest.raises(Refusal):
        await under_way
    assert await send(client, ONCE) == 200
    assert place.nevis.logins() == ["Bearer old", "Bearer newer"]


async def test_a_401_reads_the_file_once_even_when_its_time_has_not_changed(place: Place) -> None:
    path = place.write("old")
    client = place.client(mode="bearer", token_file=path)
    seen = path.stat()
    path.write_text("new\n")  # as long as the old one, in place
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    place.nevis.wants = "Bearer new"
    assert await send(client) == 200
    place.nevis.wants = "Bearer another"
    with pytest.raises(Refusal) as caught:
        await send(client)
    assert (caught.value.status, place.nevis.logins()) == (401, ["Bearer old", "Bearer new", "Bearer new"])


async def test_a_file_that_is_gone_or_holds_nothing_leaves_the_last_secret_in_place(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed: list[str] = []
    path = place.write("old")
    client = Client(
        place.engine(Trust(place.folder / "ca.pem")),
        place.url,
        login_of(Said("bearer", token_file=path), missed.append),
        timeouts=PATIENT,
    )
    place.made.append(client)
    for content in ("", "two\nlines"):
        place.write(content)
        await send(client)
    path.unlink()
    await send(client)
    assert set(place.nevis.logins()) == {"Bearer old"}
    assert missed == ["unfit", "unfit", "FileNotFoundError"]


async def test_a_token_endpoint_that_refuses_an_old_secret_is_asked_once_more_with_the_new_one(place: Place) -> None:
    path = place.write("old")
    client = place.client(mode="oauth2", token_url=f"{place.url}/token", client_id="gw", secret_file=path)
    place.nevis.hold = asyncio.Event()
    under_way = asyncio.create_task(send(client))
    while not place.nevis.heard:
        await asyncio.sleep(0.005)
    place.write("s3cret")
    place.nevis.hold.set()
    assert await under_way == 200
    assert [path for path, _ in place.nevis.heard] == ["/token", "/token", "/nevisidm/api" + GET.path]


async def test_a_certificate_alone_is_a_login_and_goes_with_any_other(strict: Place) -> None:
    assert await send(strict.client(certificate=True, mode="certificate")) == 200
    assert await send(strict.client(certificate=True, mode="bearer", token="t")) == 200
    assert strict.nevis.shown == ["gateway.example.org"] * 2
    assert strict.nevis.logins() == ["", "Bearer t"]
    with pytest.raises(Refusal) as caught:
        await send(strict.client(mode="bearer", token="t"))
    assert caught.value.kind == "unreachable"


async def test_a_renewed_certificate_is_shown_by_the_next_request_and_a_broken_one_by_none(
    strict: Place, authority: trustme.CA
) -> None:
    client = strict.client(certificate=True, mode="certificate")
    await send(client)
    issue(authority, strict.folder, "renewed.example.org")
    await send(client)
    (strict.folder / "gw.pem").write_text("half a certificate")
    await send(client)
    issue(authority, strict.folder, "again.example.org")
    await send(client)
    assert strict.nevis.shown == [
        "gateway.example.org", "renewed.example.org", "renewed.example.org", "again.example.org"
    ]  # fmt: skip


async def test_a_ca_file_that_changes_is_believed_anew(place: Place, authority: trustme.CA) -> None:
    client = place.client(mode="bearer", token="t")
    await send(client)
    trustme.CA().cert_pem.write_to_path(str(place.folder / "ca.pem"))
    with pytest.raises(Refusal) as caught:
        await send(client)
    assert caught.value.kind == "unreachable"
    authority.cert_pem.write_to_path(str(place.folder / "ca.pem"))
    assert await send(client) == 200


async def test_nobody_is_believed_without_proof(place: Place, authority: trustme.CA) -> None:
    """Neither an unknown authority nor another host's certificate, and what was to be sent stays here."""
    for trust, url in (
        (Trust(), place.url),
        (Trust(place.folder / "ca.pem"), place.url.replace("localhost", "127.0.0.1")),
    ):
        engine = place.engine(trust)
        with pytest.raises(Unreachable) as caught:
            await engine.exchange("GET", url, {"Authorization": "Bearer t"}, None, PATIENT)
        await engine.aclose()
        assert not caught.value.sent
    assert place.nevis.heard == []


def test_a_key_that_is_encrypted_or_not_the_certificates_is_said_at_start(files: Path) -> None:
    key = load_pem_private_key((files / "gw.key").read_bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    for wrong in (locked, trustme.CA().issue_cert("other").private_key_pem.bytes()):
        (files / "gw.key").write_bytes(wrong)
        with pytest.raises(ssl.SSLError):  # and the terminal is not asked for a password
            Trust(files / "ca.pem", (files / "gw.pem", files / "gw.key"))


def test_a_secret_file_of_no_use_is_said_at_start_by_its_name(tmp_path: Path) -> None:
    for content in (None, "", "two\nlines"):
        path = tmp_path / "secret"
        if content is not None:
            path.write_text(content)
        with pytest.raises(ConfigError, match=r"nevisidm\.login\.token_file: .*secret"):
            login_of(Said("bearer", token_file=path))
    with pytest.raises(ConfigError, match="both set"):
        login_of(Said("bearer", token="t", token_file=tmp_path / "secret"))
