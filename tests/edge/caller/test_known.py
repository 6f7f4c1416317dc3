"""Callers known by name: tokens, passwords, certificates, signatures."""

from __future__ import annotations

import base64
import hashlib
from email.utils import formatdate
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.edge.caller.account import Account
from gateway.edge.caller.certificates import Certificates, Holder, Proxy, names
from gateway.edge.caller.passwords import Password, Passwords, hashed, readable
from gateway.edge.caller.signatures import Signatures, Signer
from gateway.edge.caller.tokens import Pass, Tokens, digest
from gateway.edge.gate import check_body
from gateway.edge.message import Message
from gateway.errors import Denied

pytestmark = pytest.mark.anyio
HR = Account("hr", frozenset({"Reader"}))


def message(method: str = "GET", query: str = "", peer: str = "10.0.0.9", **headers: str) -> Message:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Message(method, "/admin/v1/Users", query, named, "203.0.113.7", "https", "h", "r", peer)


class TestTokens:
    guard = Tokens([Pass(HR, digest("s3cret")), Pass(Account("other"), digest("0ther"))])

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    async def test_a_known_one_comes_in(self, scheme: str) -> None:
        admitted = await self.guard.admit(message(authorization=f"{scheme} s3cret"))
        assert admitted is not None
        assert admitted.account == HR

    @pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Bearer s3cre", "Basic s3cret", "s3cret"])
    async def test_anything_else_proves_nothing(self, sent: str) -> None:
        assert await self.guard.admit(message(authorization=sent)) is None


class TestPasswords:
    guard = Passwords([Password(HR, "hr", hashed("pä:ss"))])

    @staticmethod
    def sent(text: str) -> Message:
        return message(authorization="Basic " + base64.b64encode(text.encode()).decode())

    async def test_a_right_one_comes_in_again_and_again(self) -> None:
        for _ in range(3):
            admitted = await self.guard.admit(self.sent("hr:pä:ss"))
            assert admitted is not None
            assert admitted.account == HR

    @pytest.mark.parametrize("text", ["hr:wrong", "hr:", "nobody:pä:ss", ":", "no colon"])
    async def test_a_wrong_one_is_refused(self, text: str) -> None:
        with pytest.raises(Denied) as refused:
            await self.guard.admit(self.sent(text))
        assert "wrong" not in text or text not in str(refused.value)

    async def test_what_is_no_base64_is_refused(self) -> None:
        with pytest.raises(Denied, match="base64"):
            await self.guard.admit(message(authorization="Basic %%%"))

    def test_a_hash_tells_nothing_and_is_readable(self) -> None:
        assert hashed("x") != hashed("x")
        assert readable(hashed("x"))
        assert not any(readable(text) for text in ("", "x", "scrypt$1$2", "md5$1$1$1$AA==$AA=="))
        assert "scrypt" not in repr(Password(HR, "hr", hashed("x")))


@pytest.fixture(scope="module")
def leaf() -> x509.Certificate:
    issued = trustme.CA().issue_cert("app.example.org", common_name="app, inc", organization_name="Acme")
    return x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


class TestCertificates:
    @pytest.mark.parametrize("number", range(3))
    async def test_it_is_known_by_whatever_it_says(self, leaf: x509.Certificate, number: int) -> None:
        guard = Certificates([Holder(HR, names(leaf)[number])])
        shown = Message("GET", "/", "", {}, "", "https", "h", "r", certificate=pem(leaf))
        admitted = await guard.admit(shown)
        assert admitted is not None
        assert admitted.account == HR

    async def test_one_that_nobody_knows_proves_nothing(self, leaf: x509.Certificate) -> None:
        shown = Message("GET", "/", "", {}, "", "https", "h", "r", certificate=pem(leaf))
        assert await Certificates([Holder(HR, "dns=other.example.org")]).admit(shown) is None

    def headers(self, leaf: x509.Certificate) -> dict[str, str]:
        der = base64.b64encode(leaf.public_bytes(Encoding.DER)).decode()
        return {"rfc9440": f":{der}:", "pem": quote(pem(leaf)), "xfcc": f'Hash=ab;Cert="{quote(pem(leaf))}";URI=x'}

    @pytest.mark.parametrize("form", ["rfc9440", "pem", "xfcc"])
    async def test_a_proxy_hands_it_on(self, leaf: x509.Certificate, form: Any) -> None:
        proxy = Proxy("Client-Cert", form, (ip_network("10.0.0.0/24"),))
        guard = Certificates([Holder(HR, "dns=APP.example.org")], proxy)
        sent = self.headers(leaf)[form]
        admitted = await guard.admit(message(client_cert=sent))
        assert admitted is not None
        assert admitted.account == HR
        assert await guard.admit(message(peer="10.0.1.9", client_cert=sent)) is None, "from elsewhere it is a forgery"
        with pytest.raises(Denied, match="cannot be read"):
            await guard.admit(message(client_cert="rubbish"))
        assert await guard.admit(message()) is None

    async def test_without_a_proxy_a_header_is_nothing(self, leaf: x509.Certificate) -> None:
        guard = Certificates([Holder(HR, "dns=app.example.org")])
        assert await guard.admit(message(client_cert=self.headers(leaf)["rfc9440"])) is None


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
BASE = "(request-target) host date"
WHOLE = f"{BASE} content-length content-type x-content-sha256"


class TestSignatures:
    guard = Signatures([Signer(HR, "t/u/f", KEY.public_key())], clock=lambda: 1_800_000_000.0)

    def signed(self, method: str = "GET", covers: str = BASE, body: bytes = b"", **changed: str) -> Message:
        """A request signed as the reference describes; `changed` headers are put in after signing."""
        headers = {
            "host": "idm.example.org",
            "date": formatdate(1_800_000_000 - 100, usegmt=True),
            "content-length": str(len(body)),
            "content-type": "application/json",
            "x-content-sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
        } | {name.removeprefix("before_"): text for name, text in changed.items() if name.startswith("before_")}
        target = f"{method.lower()} /admin/v1/Users?count=1"
        lines = [f"{name}: {target if name == '(request-target)' else headers[name]}" for name in covers.split()]
        seal = base64.b64encode(KEY.sign("\n".join(lines).encode(), PKCS1v15(), SHA256())).decode()
        given = {"keyId": "t/u/f", "algorithm": "rsa-sha256", "headers": covers, "signature": seal, "version": "1"}
        given |= {name: text for name, text in changed.items() if name in given}
        headers |= {
            name.replace("_", "-"): text for name, text in changed.items() if name in ("host", "date", "x_date")
        }
        said = ",".join(f'{name}="{text}"' for name, text in given.items())
        return Message(
            method,
            "/admin/v1/Users",
            "count=1",
            {**headers, "authorization": f"Signature {said}"},
            "",
            "https",
            "h",
            "r",
        )

    async def test_a_signed_read_comes_in(self) -> None:
        admitted = await self.guard.admit(self.signed())
        assert admitted is not None
        assert (admitted.account, admitted.body_sha256) == (HR, None)

    async def test_a_signed_write_is_bound_to_its_body(self) -> None:
        admitted = await self.guard.admit(self.signed("POST", WHOLE, b'{"a":1}'))
        assert admitted is not None
        check_body(admitted, b'{"a":1}')
        with pytest.raises(Denied, match="not the one that was signed"):
            check_body(admitted, b'{"a":2}')

    @pytest.mark.parametrize(
        ("method", "covers", "changed", "why"),
        [
            ("GET", BASE, {"keyId": "t/u/g"}, "not known"),
            ("GET", BASE, {"algorithm": "hs2019"}, "not known"),
            ("GET", BASE, {"signature": "AAAA"}, "wrong"),
            ("GET", BASE, {"signature": "%"}, "wrong"),
            ("GET", BASE, {"host": "evil.example.org"}, "wrong"),
            ("GET", "date host", {}, r"must cover \(request-target\)"),
            ("GET", "(request-target) host", {}, "must cover date"),
            ("GET", BASE, {"before_date": formatdate(1_800_000_000 - 400, usegmt=True)}, "five minutes"),
            ("GET", BASE, {"before_date": formatdate(1_800_000_000 + 400, usegmt=True)}, "five minutes"),
            ("GET", BASE, {"before_date": "yesterday"}, "cannot be read"),
            (
                "GET",
                BASE,
                {
                    "before_date": formatdate(1_700_000_000, usegmt=True),
                    "x_date": formatdate(1_800_000_000, usegmt=True),
                },
                "five minutes",
            ),
            ("POST", BASE, {}, "must cover content-length"),
            ("PUT", f"{BASE} content-length content-type", {}, "must cover x-content-sha256"),
            ("GET", f"{BASE} content-length", {"headers": f"{BASE} x-absent"}, "not sent"),
        ],
    )
    async def test_what_is_not_signed_well_is_refused(
        self, method: str, covers: str, changed: dict[str, str], why: str
    ) -> None:
        with pytest.raises(Denied, match=why):
            await self.guard.admit(self.signed(method, covers, **changed))

    async def test_other_schemes_are_left_to_others(self) -> None:
        assert await self.guard.admit(message(authorization="Bearer x")) is None
