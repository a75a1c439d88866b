"""The inventory's object: what goes in comes out, in little room, also from the first format."""

import base64
import hashlib
import json
import secrets
import uuid

import pytest

from deployer.errors import Fatal
from deployer.inventory import Journal, Member, applyset_id
from deployer.inventory.members import MOST_BYTES, pack, unpack
from deployer.inventory.parent import journal_of, parent


def member(number, **fields):
    kind = ("", "v1", "ConfigMap", "ns") if number % 2 else ("apps", "v1", "Deployment", "ns")
    seen = {"raw": secrets.token_hex(16), "content": secrets.token_hex(16), "notes": secrets.token_hex(8)}
    return Member(*kind, f"object-{number}", str(uuid.uuid4()), **{**seen, "resource_version": "12345", **fields})


def test_a_journal_survives_its_way_through_the_cluster():
    journal = Journal(
        number=7, attempt="a", stage="wait", fence=3, holder="h", good=6, dirty=True, waited=1.5, failure="why",
        stored=5, shared={"4": 3}, digest="d", good_stored=5, good_digest="g", ledger="t", counts={"created": 1},
        digests={"web": "d"},
        revisions={"shop": 2}, hooks=("x",), members=(member(1), Member("", "v1", "Secret", "ns", "bare")),
    )  # fmt: skip
    assert journal_of(parent("shipline-shop", "ns", journal)) == journal


def test_every_field_of_a_member_survives():
    members = (
        member(1, adopted=True, generation=4),
        member(2, raw="", notes=""),
        member(3, content=""),
        member(4)._replace(uid="no-uuid"),
        member(5)._replace(uid=""),
        member(6)._replace(resource_version="opaque"),
    )
    assert unpack(pack(members)) == members


def test_an_inventory_of_the_first_format_is_read():
    fields = {
        "number": 3, "attempt": "a", "stage": "succeeded", "fence": 9, "holder": "", "good": 3, "dirty": False,
        "waited": 0.0, "failure": "", "counts": {}, "digests": {}, "revisions": {}, "hooks": [],
    }  # fmt: skip
    rows = [["", "v1", "ConfigMap", "ns", "a", "u", 1], ["apps", "v1", "Deployment", "ns", "b", "", 0]]
    journal = journal_of({"data": {"journal": json.dumps(fields), "members": json.dumps(rows)}})
    first = Member("", "v1", "ConfigMap", "ns", "a", "u", True)
    assert journal.members == (first, Member("apps", "v1", "Deployment", "ns", "b", "", False))
    assert journal.set_of(3) == 3


def test_ten_thousand_objects_fit_in_one_config_map_and_more_than_fit_are_refused():
    members = [member(number) for number in range(10_000)]
    assert len(pack(members)) < MOST_BYTES * 0.85
    with pytest.raises(Fatal, match="more than one inventory holds"):
        pack([member(number) for number in range(18_000)])


def test_equal_sets_are_found_where_they_are_stored():
    journal = Journal(number=9, stored=6, good=8, good_stored=6)
    assert [journal.set_of(release) for release in (9, 8, 7)] == [6, 6, 7]
    later = Journal(number=10, stored=10, shared=journal.sharing(9))
    assert [later.set_of(release) for release in (10, 9, 8)] == [10, 6, 8]


def test_the_applysets_id_is_that_of_the_enhancement_proposal():
    digest = hashlib.sha256(b"shipline-shop.dev.ConfigMap.").digest()
    assert applyset_id("shipline-shop", "dev") == f"applyset-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}-v1"
