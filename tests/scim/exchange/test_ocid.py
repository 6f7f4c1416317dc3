"""An ocid is the id, and a reference's ocid is its value, in filters and sorting of the IDCS dialect only."""

import pytest

from gateway.scim.dialect import IDCS, RFC
from gateway.scim.filter import parse_filter
from gateway.scim.ocid import attr_for, filter_for
from gateway.scim.print import to_text
from gateway.scim.tree import Attr


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ('ocid eq "a"', 'id eq "a"'),
        ('user.ocid eq "a"', 'user.value eq "a"'),
        ('not (user.OCID pr) or ocid sw "x"', 'not (user.value pr) or id sw "x"'),
        ('members[ocid eq "a" and type eq "User"]', 'members[value eq "a" and type eq "User"]'),
        ('userName eq "ocid"', 'userName eq "ocid"'),
    ],
)
def test_a_filter_on_an_ocid_is_one_on_the_id(sent: str, meant: str) -> None:
    assert to_text(filter_for(parse_filter(sent), IDCS)) == meant


def test_a_dialect_without_ocids_knows_none() -> None:
    tree = parse_filter('ocid eq "a"')
    assert filter_for(tree, RFC) is tree
    assert attr_for(Attr("ocid"), RFC) == Attr("ocid")
    assert attr_for(Attr("user", "ocid"), IDCS) == Attr("user", "value")
