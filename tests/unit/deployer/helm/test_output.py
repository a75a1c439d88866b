import pytest

from deployer.errors import Fatal
from deployer.helm.output import taken_apart

TEXT = """---
# Source: shop/templates/shipline-notes.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: shipline-notes}
data: {notes: "Hello \\u003cyou\\u003e\\n"}
---
# Source: shop/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  text: |
    # Source: not/one
    x
---
# Source: shop/templates/job.yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: j
  annotations:
    helm.sh/hook: "pre-install, Test-Success"
    helm.sh/hook-weight: "-3"
    helm.sh/hook-delete-policy: hook-succeeded,hook-failed
    helm.sh/hook-output-log-policy: hook-failed
"""


def test_helms_output_is_taken_apart():
    output = taken_apart(TEXT, "charts/shop")
    assert output.notes == "Hello <you>\n"
    assert [item["metadata"]["name"] for item in output.objects] == ["a"]
    assert output.manifest.startswith("---\n# Source: shop/templates/a.yaml\napiVersion: v1\n")
    assert "shipline" not in output.manifest
    (hook,) = output.hooks
    assert (hook.name, hook.kind, hook.path) == ("j", "Job", "shop/templates/job.yaml")
    assert hook.events == ("pre-install", "test")
    assert (hook.weight, hook.delete_policies, hook.log_policies) == (
        -3,
        ("hook-succeeded", "hook-failed"),
        ("hook-failed",),
    )


def test_a_hook_without_words_has_helms_defaults():
    text = TEXT.replace('"-3"', '"odd"').replace("    helm.sh/hook-delete-policy: hook-succeeded,hook-failed\n", "")
    (hook,) = taken_apart(text, "charts/shop").hooks
    assert (hook.weight, hook.delete_policies) == (0, ("before-hook-creation",))


def test_what_no_template_wrote_is_refused():
    with pytest.raises(Fatal, match="belongs to no template"):
        taken_apart("kind: Evil\n" + TEXT, "charts/shop")
    assert taken_apart("", "charts/shop").objects == ()
