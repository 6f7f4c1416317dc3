"""CSV, LDIF, folders and ZIPs as sources: what their lines become, and a load of each."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.mapping.model import Mappings
from gateway.migration.dropping import Dropping, listed
from gateway.migration.ldif import dn, kinds_of_ldap
from gateway.migration.opened import How, open_source
from gateway.migration.placing import place
from gateway.migration.row import Row, Unreadable
from gateway.migration.sheet import tables
from gateway.migration.source import Source, SourceError
from gateway.settings import Settings
from tests.conftest import shipped
from tests.migration.conftest import ENTERPRISE, Directory

pytestmark = pytest.mark.anyio

USERS = """\
User ID,Last Name,First Name,Work Email,Primary Email Type,Mobile No,Department,Active,Federated,Title
ann,Muster,Ann,ann@example.org,work,+41791112233,Sales,TRUE,false,'=Boss'
bob,"Muster, Jr",Bob,bob@example.org,work,,,true,,
"""
GROUPS = "Display Name,Description,User Members\nstaff,All of us,ann;bob\nnobody,,\n"
ROLES = "Entitlement Value,Grantee Name,Grantee Type,App Name\nbuyer,ann,User,shop\n"

LDIF = """\
version: 1

dn: dc=example,dc=org
objectClass: domain

# a person
dn: uid=ann, ou=People,dc=example,dc=org
objectClass: top
objectClass: inetOrgPerson
uid: ann
cn: Ann Muster
givenName:: QW5uw6k=
sn: Mu
 ster
mail: ann@example.org
mail: ann@home.example.org
manager: UID=bob,ou=people,DC=example,dc=org
userPassword: {SSHA}abcdefgh

dn: uid=bob,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
givenName: Bob
sn: Muster
mail: bob@example.org
userPassword: Sesame.4711

dn: cn=staff,ou=Groups,dc=example,dc=org
objectClass: groupOfNames
cn: staff
member: uid=ann,ou=People,dc=example,dc=org
member: uid=bob,ou=People,dc=example,dc=org

dn: uid=cyd,ou=People,dc=example,dc=org
changetype: delete
"""


def _open(path: Path, **how: Any) -> Source:
    return open_source(str(path), shipped(), Settings().migration, How(**how))


async def _rows(source: Source, kind: str) -> list[Row | Unreadable]:
    return [each async for each in source.rows(kind)]


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


async def test_idcs_columns_become_paths(tmp_path: Path) -> None:
    source = _open(_written(tmp_path / "u.csv", "\ufeff" + USERS))
    assert await source.types() == ("User",)
    assert await source.size("User") == 2
    ann, bob = await _rows(source, "User")
    assert isinstance(ann, Row)
    assert isinstance(bob, Row)
    assert (ann.key, ann.place) == ("ann", "u.csv:2")
    assert ann.resource == {
        "userName": "ann",
        "name": {"familyName": "Muster", "givenName": "Ann"},
        "emails": [{"type": "work", "value": "ann@example.org", "primary": True}],
        "phoneNumbers": [{"type": "mobile", "value": "+41791112233"}],
        ENTERPRISE: {"department": "Sales"},
        "active": "TRUE",
        "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User": {"isFederatedUser": "false"},
        "title": "=Boss",
    }
    assert bob.resource["name"]["familyName"] == "Muster, Jr"
    assert [each.key async for each in source.rows("User", after="ann") if isinstance(each, Row)] == ["bob"]


async def test_scim_paths_may_head_columns(tmp_path: Path) -> None:
    text = f'id,userName,name.givenName,"emails[type eq ""work""].value",{ENTERPRISE}:department\n1,ann,Ann,a@example.org,Sales\n2,bob\n'
    ann, bob = await _rows(_open(_written(tmp_path / "u.csv", text)), "User")
    assert isinstance(ann, Row)
    assert ann.key == "1"
    assert ann.resource["emails"] == [{"type": "work", "value": "a@example.org"}]
    assert ann.resource[ENTERPRISE] == {"department": "Sales"}
    assert isinstance(bob, Unreadable)
    assert "2 cells, the header 5" in bob.why


@pytest.mark.parametrize(
    ("text", "told"),
    [("what,ever\n1,2\n", "--type"), ("userName,emails[\n1,2\n", 'column "emails\\["'), ('userName\n"a\n', "no CSV")],
)
async def test_a_sheet_that_cannot_be_read_says_why(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        await _rows(_open(_written(tmp_path / "u.csv", text)), "User")


async def test_entries_of_a_directory_become_resources(tmp_path: Path) -> None:
    source = _open(_written(tmp_path / "d.ldif", LDIF))
    assert await source.types() == ("User", "Group")
    ann, bob, changed = await _rows(source, "User")
    assert isinstance(ann, Row)
    assert isinstance(bob, Row)
    assert ann.key == "uid=ann,ou=people,dc=example,dc=org"
    assert ann.place == "d.ldif:7"
    assert ann.resource["name"] == {"givenName": "Anné", "familyName": "Muster"}
    assert ann.resource["emails"] == [
        {"type": "work", "value": "ann@example.org", "primary": True},
        {"type": "other", "value": "ann@home.example.org"},
    ]
    assert ann.resource[ENTERPRISE]["manager"]["value"] == bob.key
    assert isinstance(changed, Unreadable)
    assert "record of changes" in changed.why
    (staff,) = await _rows(source, "Group")
    assert isinstance(staff, Row)
    assert [each["value"] for each in staff.resource["members"]] == [ann.key, bob.key]


async def test_a_site_lays_its_own_table_over_the_shipped_one(tmp_path: Path) -> None:
    own = _written(tmp_path / "own.yaml", "User: { attributes: { uid: externalId, cn: userName } }\n")
    source = _open(_written(tmp_path / "d.ldif", LDIF), attributes=own)
    ann = (await _rows(source, "User"))[0]
    assert isinstance(ann, Row)
    assert (ann.resource["externalId"], ann.resource["userName"]) == ("ann", "Ann Muster")
    with pytest.raises(ConfigError, match="no SCIM path"):
        kinds_of_ldap(_written(tmp_path / "bad.yaml", "User: { attributes: { uid: 'a b' } }\n"))


def test_the_table_of_the_guide_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "migrate.md").read_text(encoding="utf-8")
    table = page.partition("```text\nUser:")[2].partition("```")[0]
    user = kinds_of_ldap(_written(tmp_path / "own.yaml", f"User:{table}"))[0]
    assert [each.name for each in user.places["employeenumber"]] == ["externalId"]
    assert (len(user.places["mail"]), user.places["pager"], len(user.places["uid"])) == (2, (), 1)


def test_a_distinguished_name_has_one_spelling() -> None:
    assert dn("CN=Ann\\, B , OU=X") == "cn=ann\\, b,ou=x"


async def test_an_export_of_idcs_is_loaded_whole(directory: Directory) -> None:
    export = directory.folder / "export.zip"
    with zipfile.ZipFile(export, "w") as whole:
        whole.writestr("Users.csv", USERS)
        whole.writestr("Groups.csv", GROUPS)
        whole.writestr("AppRoleMembership.csv", ROLES)
        whole.writestr("README.txt", "x")
    made = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:App"], "displayName": "shop"}
    made |= {"basedOnTemplate": {"value": "CustomWebAppTemplateId"}}
    shop = (await directory.world.send("POST", "/admin/v1/Apps", made)).json()["id"]
    buyer = {
        "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:AppRole"],
        "displayName": "buyer",
        "app": {"value": shop},
    }
    assert (await directory.world.send("POST", "/admin/v1/AppRoles", buyer)).status_code == 201
    source = _open(export)
    report = await directory.load(source=source, named=source.named)  # type: ignore[attr-defined]
    assert directory.refused() == []
    assert report.did == {("User", "created"): 2, ("Group", "created"): 2, ("Grant", "created"): 1}
    ann = await directory.user("ann")
    assert len(await directory.members("staff")) == 2
    (given,) = await directory.found(f'/Grants?filter=grantee.value eq "{ann["id"]}"')
    assert given["app"]["value"] == shop
    again = await directory.load(source=_open(export), named=source.named)  # type: ignore[attr-defined]
    assert again.total("left") == again.rows == 5
    assert directory.calls("GET", "POST") == []


async def test_a_directory_is_loaded_whole_but_for_hashes(directory: Directory) -> None:
    report = await directory.load(source=_open(_written(directory.folder / "d.ldif", LDIF)))
    assert [each["refused"]["detail"] for each in directory.refused()] == [
        "It is a record of changes, not an entry. Export the entries themselves."
    ]
    assert report.did["User", "created"] == 2
    assert report.secrets == {("User", "hashes, which nevisIDM does not take"): 1, ("User", "written"): 1}
    assert report.left_out["User", "ldap-objectclass"] == 2
    ann, bob = await directory.user("ann"), await directory.user("bob")
    assert ann[ENTERPRISE]["manager"]["value"] == bob["id"]
    assert len(await directory.members("staff")) == 2


async def test_what_cannot_be_opened_says_how_it_could(tmp_path: Path) -> None:
    for name, told in (
        ("gone.csv", "There is no"),
        ("x.doc", "--format"),
        ("bad.zip", "no ZIP"),
        ("empty", "holds none"),
    ):
        path = tmp_path / name
        if name == "empty":
            path.mkdir()
        elif name != "gone.csv":
            path.write_text("x")
        with pytest.raises(SourceError, match=told):
            _open(path)


def test_every_path_of_the_tables_is_one() -> None:
    for said in tables().values():
        for path in said["columns"].values():
            place(path, "columns.yaml")
    assert {kind.type for kind in kinds_of_ldap()} == {"User", "Group"}


def test_no_name_of_the_list_hides_what_the_mappings_can_write() -> None:
    mappings: Mappings = shipped()
    written = {
        str(leaf.attr).lower()
        for name in ("User", "Group", "App", "AppRole", "Grant")
        for leaf in mappings.by_name[name].leaves.values()
        if leaf.writable and leaf.schema.mutability != "readOnly"
    }
    hidden = {name for name in written if Dropping().covers(name)}
    # a lock is a state of a password, and passwords do not come along; the page says so
    assert hidden <= {"urn:ietf:params:scim:schemas:oracle:idcs:extension:userstate:user:locked.on"}
    assert "idcscreatedby" in listed()
