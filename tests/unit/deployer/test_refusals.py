"""What the server's refusals are taken for."""

import pytest

from deployer.desired import Item
from deployer.kube.errors import ApiError, Status
from deployer.refusals import explain, is_immutable

CONFIG = Item({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, "shipline")
SECRET = Item({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}, "shipline")


def refusal(code, message, *causes, reason="Invalid"):
    return ApiError(Status(code, reason, message, tuple(causes)), "ConfigMap a")


@pytest.mark.parametrize(
    "message",
    [
        'Job.batch "a" is invalid: spec.template: Invalid value: {}: field is immutable',
        'StatefulSet.apps "a" is invalid: spec: Forbidden: updates to statefulset spec for fields other than replicas',
        'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: []: may not change once set',
        'ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set',
        'PersistentVolumeClaim "a" is invalid: spec: Forbidden: spec is immutable after creation except resources',
        'RoleBinding "a" is invalid: roleRef: Invalid value: {}: cannot change roleRef',
    ],
)
def test_the_servers_wordings_of_what_never_changes_are_known(message):
    assert is_immutable(refusal(422, message))
    assert not is_immutable(refusal(409, message))
    assert not is_immutable(refusal(400, message))


def test_another_mistake_is_none_of_them():
    assert not is_immutable(refusal(422, 'Deployment "a" is invalid: spec.replicas: must be at least 0'))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal(403, 'configmaps "a" is forbidden: exceeded quota: q'), "quota is used up"),
        (
            refusal(403, "unable to create new content in namespace x because it is being terminated"),
            "the namespace is being deleted",
        ),
        (refusal(500, 'Internal error: failed calling webhook "w.x": timeout'), "the webhook w.x did not answer"),
        (refusal(404, "the server could not find the requested resource"), "does not serve this kind"),
        (refusal(404, 'namespaces "x" not found'), "its namespace is not there"),
    ],
)
def test_what_has_nothing_to_do_with_the_object_is_told_as_what_it_is(error, said):
    found = explain(error, CONFIG)
    assert said in str(found)
    assert found.remedy


def test_of_a_secret_only_the_fields_are_told():
    error = refusal(422, "data: got hunter2", ("FieldValueInvalid", "data.p", "hunter2"))
    assert "hunter2" not in str(explain(error, SECRET))
    assert "data.p" in str(explain(error, SECRET))


@pytest.mark.parametrize("code", [400, 409, 422, 500])
def test_no_refusal_quotes_a_likely_secret_of_any_object(code):
    env = {"containers": [{"name": "a", "env": [{"name": "PASSWORD", "value": "hunter2"}]}]}
    pod = Item({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": env}, "shipline")
    said = 'field is immutable: spec.containers[0].env[0].value: Invalid value: "hunter2"'
    told = str(explain(refusal(code, said, ("FieldManagerConflict", ".spec", said)), pod))
    assert "hunter2" not in told
    assert "spec" in told
