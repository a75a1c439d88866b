"""What leaves the cluster with the release, and what never does, on a real API server."""

import base64
import json

import pytest

from deployer.inventory.parent import journal_of, parent
from deployer.kube.errors import NotFound
from deployer.outcome import Failed, Succeeded
from tests.support.delivery import config_map, deployment

NOTES = {"prune": "shipline.dev/prune", "policy": "helm.sh/resource-policy"}
CONFIGS, CLAIMS = "api/v1/configmaps", "api/v1/persistentvolumeclaims"


def files(*names, **notes):
    return {f"manifests/{name}.yaml": noted(config_map(name, v="1"), **notes) for name in names}


def noted(text, **notes):
    item = json.loads(text)
    item["metadata"]["annotations"] = {NOTES[name]: text for name, text in notes.items()}
    return json.dumps(item)


def claim(**notes):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    item = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec}
    return noted(json.dumps(item), **notes)


def names(dev):
    items = dev.plane.admin.get(f"/api/v1/namespaces/{dev.namespace}/configmaps")["items"]
    return sorted(item["metadata"]["name"] for item in items if "v" in (item.get("data") or {}))


def inventory(dev):
    return f"/api/v1/namespaces/{dev.namespace}/configmaps/shipline-shop"


def test_more_than_half_of_what_is_there_is_not_deleted_by_accident(place):
    dev = place()
    many = [f"c{number}" for number in range(12)]
    dev.release(files(*many))
    refused = dev.release(files(*many[:5]))
    assert isinstance(refused, Failed)
    assert "it would delete 7 of the 12 objects" in refused.message
    assert "ConfigMap c5" in refused.message
    assert "raise the environment's `prune`" in refused.message
    assert names(dev) == sorted(many)
    assert isinstance(dev.release(files(*many[:6])), Succeeded)
    assert names(dev) == sorted(many[:6])


def test_the_share_is_the_targets_own(place):
    dev = place(prune_share=1.0)
    many = [f"c{number}" for number in range(12)]
    dev.release(files(*many))
    assert dev.release(files(many[0])).summary.endswith("1 unchanged, 11 deleted; not scanned")
    assert names(dev) == [many[0]]


def test_an_object_says_itself_whether_it_goes(place):
    dev = place()
    more = {
        "manifests/claim.yaml": claim(prune="true"),
        "manifests/kept.yaml": noted(config_map("kept", v="1"), prune="false"),
        "manifests/policy.yaml": noted(config_map("policy", v="1"), policy="keep"),
    }
    dev.release({**files("a"), **more})
    outcome = dev.release(files("a"))
    assert outcome.summary.endswith("1 unchanged, 1 deleted, 2 skipped; not scanned")
    assert names(dev) == ["a", "kept", "policy"]
    live = dev.get(CLAIMS, "data")
    assert live is None or live["metadata"].get("deletionTimestamp")


def test_what_a_controller_owns_or_somebody_made_anew_is_left_alone(place):
    dev = place()
    dev.release(files("a", "owned", "anew"))
    base = f"/api/v1/namespaces/{dev.namespace}/configmaps"
    owner = dev.get(CONFIGS, "a")["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": owner["uid"], "controller": True}
    change = {"metadata": {"ownerReferences": [reference]}}
    dev.plane.admin.request("PATCH", f"{base}/owned", body=change, content="application/merge-patch+json")
    old = dev.get(CONFIGS, "anew")
    dev.plane.admin.request("DELETE", f"{base}/anew")
    meta = {"name": "anew", "labels": old["metadata"]["labels"]}
    dev.plane.admin.request("POST", base, body={**json.loads(config_map("anew", v="theirs")), "metadata": meta})
    assert dev.release(files("a")).summary.endswith("1 unchanged, 2 skipped; not scanned")
    assert names(dev) == ["a", "anew", "owned"]


def test_an_inventory_that_somebody_edited_cannot_make_us_delete_others_objects(place):
    dev = place()
    dev.release(files("a", "b"))
    base = f"/api/v1/namespaces/{dev.namespace}/configmaps"
    dev.plane.admin.request("POST", base, body=json.loads(config_map("victim", v="theirs")))
    victim = dev.get(CONFIGS, "victim")["metadata"]["uid"]
    found = dev.plane.admin.get(inventory(dev))
    journal = journal_of(found)
    row = next(member for member in journal.members if member.name == "b")
    forged = journal.having(members=(*journal.members, row._replace(name="victim", uid=victim)))
    body = parent("shipline-shop", dev.namespace, forged)
    dev.plane.admin.request("PUT", inventory(dev), body=body)
    assert isinstance(dev.release(files("a")), Succeeded)
    assert names(dev) == ["a", "victim"]


def test_what_somebody_wrote_into_the_inventory_is_not_believed(place):
    """Who may write ConfigMaps but read no Secrets cannot have an object taken for one that needs no change."""
    dev = place()
    dev.release(files("a", "b"))
    found = dev.plane.admin.get(inventory(dev))
    journal = journal_of(found)
    one, other = (next(member for member in journal.members if member.name == name) for name in "ab")
    forged = (one._replace(raw=other.raw), other._replace(raw=""))
    body = parent("shipline-shop", dev.namespace, journal.having(members=forged))
    dev.plane.admin.request("PUT", inventory(dev), body={**found, "binaryData": body["binaryData"]})
    assert dev.release(files("a", "b")).summary.endswith("2 unchanged; not scanned")


def test_an_inventory_of_the_first_format_goes_on(place):
    dev = place()
    first = dev.release(files("a", "b"))
    found = dev.plane.admin.get(inventory(dev))
    journal = journal_of(found)
    words = json.loads(found["data"]["journal"])
    old = {name: words[name] for name in words if name not in ("stored", "digest", "good_stored", "good_digest")}
    members = [[*member[:5], member.uid, int(member.adopted)] for member in journal.members]
    data = {"journal": json.dumps(old), "members": json.dumps(members)}
    plain = {name: value for name, value in found.items() if name != "binaryData"}
    dev.plane.admin.request("PUT", inventory(dev), body={**plain, "data": data})
    assert dev.release(files("a")).summary.endswith("1 unchanged, 1 deleted; not scanned")
    assert names(dev) == ["a"]
    packed = dev.plane.admin.get(inventory(dev))["binaryData"]["members"]
    assert base64.b64decode(packed)[:2] == b"\x1f\x8b"
    with pytest.raises(NotFound):
        dev.plane.admin.get(f"/api/v1/namespaces/{dev.namespace}/secrets/shipline-shop.v{first.number - 1}.0")


def test_an_empty_release_is_refused(place):
    dev = place()
    dev.release({**files("a"), "manifests/web.yaml": deployment()})
    outcome = dev.release({"manifests/empty.yaml": "# nothing\n"})
    assert isinstance(outcome, Failed)
    assert "no objects" in outcome.message
    assert names(dev) == ["a"]
