"""Certificates of users: what is in the PEM text is taken out by the server, and they carry properties of their own."""

from . import problem
from .box import Sandbox
from .certificate import read_certificate
from .clock import millis
from .credential_types import CERTIFICATE
from .credentials import check_alive, of_path
from .document import Document, text
from .endpoint import Answer, Call, Endpoint
from .family import Family, all_with, endpoints_of, path_of
from .lookup import user_of
from .policy import parameters
from .properties import VALUE_RIGHTS, WRITE_RIGHTS, update
from .store import Row
from .table import CREDENTIALS


def _acceptable(call: Call, user: Row, doc: Document, before: Row | None) -> None:
    """By its policy a certificate must be valid today; and nobody else in the client may have the same."""
    if before is not None:
        return
    read = read_certificate(doc["certificate"])
    rules = parameters(call.box.store, user.client, CERTIFICATE.policy or "", doc.get("policyExtId"))
    if rules["checkValidity"] == "true" and not millis(read.begin) <= call.box.now() <= millis(read.end):
        raise problem.rule("certificatePolicyViolated", "The certificate is not valid at present.")
    if all_with(call, user.client, CERTIFICATE, "fingerprint", read.fingerprint, None):
        raise problem.rule("certificateExists", "A credential with the same certificate already exists.")


def _taken_out(_: Call, __: Row, doc: Document) -> tuple[Document, None]:
    read = read_certificate(doc["certificate"])
    return {
        **doc,
        "subjectDn": read.subject,
        "issuerDn": read.issuer,
        "fingerprint": read.fingerprint,
        "serialNumber": read.serial,
        "subjectKeyIdentifier": read.key_identifier,
    }, None


def _with_properties(call: Call, _: Row, dto: Document) -> Document:
    seen = call.box.switches.certificate_properties and call.may(*VALUE_RIGHTS)
    return dto if seen else {name: value for name, value in dto.items() if name != "properties"}


FAMILY = Family(
    *("certificate", CERTIFICATE, {"": "2.71"}, {"certificate": text(longest=100_000)}, ("certificate",)),
    check=_acceptable,
    make=_taken_out,
    show=_with_properties,
    changes_state=True,
    own_create=True,
)


def patch_properties(call: Call) -> Answer:
    row = of_path(call, user_of(call), CERTIFICATE)
    check_alive(row)
    return update(call, CREDENTIALS, row)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Certificates of endpoints.yaml."""
    rights = ("CredentialModify", "CredentialView", *VALUE_RIGHTS, *WRITE_RIGHTS)
    path = path_of(FAMILY, "{extId}", "properties")
    return (
        *endpoints_of(FAMILY),
        Endpoint("certificate.updateProperties", "PATCH", path, patch_properties, rights, since="2.73"),
    )
