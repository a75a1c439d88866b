import json

from deployer.diff import document, of_plan, summary, text, unified
from deployer.redact import Redactor
from tests.unit.deployer.diff.objects import changed, config_map, created, deployment, plan, secret, unchanged

OLD, NEW = (f"h.example/shop/web@sha256:{letter * 64}" for letter in "ab")


def told(*steps, width=100, **options):
    return text(of_plan(plan(*steps, **options), Redactor()), width)


def test_a_field_is_told_with_its_path_and_both_values():
    assert "    spec.replicas: 1 → 3\n" in told(changed(deployment(replicas=1), deployment(replicas=3)))


def test_an_image_is_told_by_tag_and_short_digest():
    diffs = of_plan(plan(changed(deployment(OLD), deployment(NEW))), Redactor(), {f"sha256:{'b' * 64}": "src-1a2b"})
    (field,) = diffs[0].fields
    assert field.path == "spec.template.spec.containers[web].image"
    assert field.told == "web (sha256:aaaaaaaaaaaa) → web:src-1a2b (sha256:bbbbbbbbbbbb)"


def test_an_image_of_another_repository_is_told_whole():
    (diff,) = of_plan(plan(changed(deployment("a.example/web:1"), deployment("b.example/web:1"))), Redactor())
    assert diff.fields[0].told == "a.example/web:1 → b.example/web:1"


def test_bookkeeping_is_no_difference():
    before, after = deployment(), deployment()
    after["metadata"] |= {"resourceVersion": "9", "generation": 4, "uid": "v", "managedFields": []}
    after["status"] = {"replicas": 9}
    (diff,) = of_plan(plan(changed(before, after)), Redactor())
    assert diff.fields == ()
    assert diff.brief == "only the order of a list changes"


def test_created_and_deleted_objects_are_told_in_a_line_each():
    said = told(created(deployment(NEW, replicas=2)), created(config_map(a="1", b="2")), deleted="old", kept="disk")
    assert "+ Deployment web: 2 replicas; web (sha256:bbbbbbbbbbbb)\n" in said
    assert "+ ConfigMap c: keys a, b\n" in said
    assert "- ConfigMap old\n" in said
    assert "= PersistentVolumeClaim disk: stays: it is never deleted by a release\n" in said
    assert said.startswith("2 created, 1 deleted, 1 skipped\n")


def test_a_created_object_is_told_whole_on_request():
    said = text(of_plan(plan(created(deployment(NEW))), Redactor()), full=True)
    assert f"          image: {NEW}\n" in said
    assert "status" not in said
    assert "resourceVersion" not in said


def test_long_texts_are_told_by_their_changed_lines():
    before = config_map(conf="".join(f"line {n}\n" for n in range(50)))
    after = config_map(conf="".join(f"line {n}\n" if n != 20 else "another\n" for n in range(50)))
    (diff,) = of_plan(plan(changed(before, after)), Redactor())
    assert diff.fields[0].told == "1 lines out, 1 lines in"
    assert diff.fields[0].lines == ("@@ -20,3 +20,3 @@", " line 19", "-line 20", "+another", " line 21")


def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost():
    long = " ".join(f"word{n}" for n in range(40))
    for width in (80, 120):
        said = told(changed(config_map(a="1"), config_map(a=long)), width=width)
        assert max(map(len, said.splitlines())) <= width
        assert all(f"word{n}" in said for n in range(40))


def test_what_does_not_change_is_counted_only():
    assert told(unchanged(deployment())) == "1 unchanged\n"


def test_the_unified_form_is_a_diff_of_yaml():
    said = unified(of_plan(plan(changed(deployment(replicas=1), deployment(replicas=3))), Redactor()))
    assert said.startswith("--- live/ns/Deployment/web\n+++ release/ns/Deployment/web\n")
    assert "-  replicas: 1\n+  replicas: 3\n" in said


def test_the_document_is_json_and_leaves_out_what_does_not_change():
    diffs = of_plan(plan(changed(deployment(replicas=1), deployment(replicas=3)), unchanged(config_map())), Redactor())
    found = json.loads(json.dumps(document(diffs)))
    assert found["counts"] == {"configured": 1, "unchanged": 1}
    (only,) = found["objects"]
    assert only["fields"] == [{"path": "spec.replicas", "op": "changed", "old": "1", "new": "3"}]
    assert "before" not in only
    whole = document(diffs, full=True)["objects"][0]
    assert (whole["before"]["spec"]["replicas"], whole["after"]["spec"]["replicas"]) == (1, 3)


def test_a_summary_names_counts_images_and_objects():
    steps = (changed(deployment(OLD), deployment(NEW, replicas=3)), created(config_map()))
    said = summary(of_plan(plan(*steps, deleted="old"), Redactor()))
    assert said == (
        "1 created, 1 configured, 1 deleted. Images: web (sha256:aaaaaaaaaaaa) → web (sha256:bbbbbbbbbbbb). "
        "changes Deployment web (replicas, image); creates ConfigMap c; deletes ConfigMap old."
    )


def test_a_summary_fits_whatever_the_plan():
    many = plan(*(created(config_map()) for _ in range(300)), deleted=" ".join(f"n{n}" for n in range(300)))
    for longest in (60, 200, 1000):
        said = summary(of_plan(many, Redactor()), longest)
        assert len(said) <= longest
    assert "and " in said
    assert said.endswith(" more.")


def test_a_version_of_the_api_is_no_difference():
    before, after = deployment(), deployment()
    before["apiVersion"] = "apps/v1beta2"
    (diff,) = of_plan(plan(changed(before, after)), Redactor())
    assert diff.fields == ()


def test_control_characters_reach_no_terminal():
    said = told(changed(config_map(a="1"), config_map(a="\x1b[31mred\x07", **{"b\x1b[0m": "x"})))
    assert "\x1b" not in said
    assert "\x07" not in said


def test_an_equal_secret_is_no_difference_and_an_unequal_one_is_told_by_its_length():
    assert of_plan(plan(changed(secret(p="one-value"), secret(p="one-value"))), Redactor())[0].fields == ()
    (diff,) = of_plan(plan(changed(secret(p="one-value"), secret(p="another-value"))), Redactor())
    assert diff.fields[0].path == "data.p"
    assert diff.fields[0].told == "changed (9 → 13 bytes)"
