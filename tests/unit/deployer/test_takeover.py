"""Fields of managers of old become ours: what csaupgrade of client-go does."""

import json

from deployer.takeover import legacy, patch


def entry(manager, operation="Update", subresource="", **fields):
    made = {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1"}
    made |= {"time": "2026-01-01T00:00:00Z", "fieldsV1": fields}
    return {**made, "subresource": subresource} if subresource else made


def meta(*entries):
    return {"resourceVersion": "7", "managedFields": [*entries]}


def test_only_tools_that_applied_are_taken_over_and_only_from_what_is_adopted():
    found = meta(entry("kubectl-client-side-apply"), entry("kubectl-edit"), entry("helm"), entry("helm", "Apply"))
    assert legacy(found, "shipline", adopted=True) == {"kubectl-client-side-apply", "helm"}
    assert legacy(found, "shipline", adopted=False) == frozenset()
    assert legacy(found, "helm", adopted=False) == {"helm"}
    assert legacy(meta(entry("helm", subresource="status")), "helm", adopted=True) == frozenset()


def test_the_fields_move_into_our_own_entry_under_the_version_that_was_read():
    data = {"f:data": {"f:a": {}, ".": {}}}
    found = meta(
        entry("kubectl-client-side-apply", **data),
        entry("kubectl-edit", **{"f:data": {"f:c": {}}}),
        entry("shipline", "Apply", **{"f:data": {"f:b": {}}}),
    )
    fields, version = json.loads(patch(found, "shipline", "v1", {"kubectl-client-side-apply"}))
    assert (version["path"], version["value"]) == ("/metadata/resourceVersion", "7")
    assert [(each["manager"], each["operation"]) for each in fields["value"]] == [
        ("kubectl-edit", "Update"),
        ("shipline", "Apply"),
    ]
    assert fields["value"][1]["fieldsV1"] == {"f:data": {"f:a": {}, "f:b": {}, ".": {}}}


def test_where_there_is_nothing_to_take_there_is_no_patch():
    assert patch(meta(entry("shipline", "Apply")), "shipline", "v1", {"helm"}) == b""
