"""The release verbs as whole processes, with a kubeconfig, on a real API server."""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.support.chart_registry import ChartRegistry
from tests.support.delivery import config_map, deployment, digest
from tests.support.desk import BAD_INPUT, DELIVERED, FAILED, INTERRUPTED, Desk, until
from tests.support.packed import packed


def settings(colour: str) -> dict[str, str]:
    return {"settings.yaml": config_map("settings", colour=colour)}


def test_release_is_delivered_compared_and_told(desk: Desk) -> None:
    told = desk.deliver(settings("blue") | {"web.yaml": deployment()})
    assert "release 1: 2 created" in told
    assert [line.split()[1] for line in told.splitlines() if line.startswith("✓")][:3] == ["plan", "apply", "wait"]
    desk.run("diff", "-f", "manifests", "--exit-code")
    assert "2 unchanged" in desk.deliver({})
    desk.write({"manifests/settings.yaml": config_map("settings", colour="red")})
    changed = desk.run("diff", "-f", "manifests", "--exit-code", code=1)
    assert "~ ConfigMap settings" in changed
    assert "data.colour: blue → red" in changed
    assert desk.colour() == "blue"
    (told_of,) = desk.data("history")
    assert [each["number"] for each in told_of["releases"]] == [2, 1]
    assert (told_of["current"], told_of["ledger"], told_of["held"]) == (2, "cluster", None)
    assert "@" in told_of["releases"][0]["execution"]


def test_release_as_data_leaves_standard_output_to_it(desk: Desk) -> None:
    desk.write({"manifests/settings.yaml": config_map("settings", colour="blue")})
    told = desk.data("deploy", "-f", "manifests")
    assert (told["outcome"], told["release"], told["counts"]) == ("succeeded", 1, {"created": 1})
    assert {"plan", "apply", "wait", "prune", "close"} <= set(told["stages"])


def test_what_is_no_longer_delivered_is_deleted(desk: Desk) -> None:
    desk.deliver(settings("blue") | {"more.yaml": config_map("more")})
    (desk.folder / "manifests" / "more.yaml").unlink()
    assert "1 deleted" in desk.deliver({})


def test_image_goes_out_by_the_digest_that_was_given(desk: Desk) -> None:
    pinned = f"registry.example/shop/web@{digest('b')}"
    desk.deliver({"web.yaml": deployment()}, "--image", f"web={pinned}")
    path = f"/apis/apps/v1/namespaces/{desk.namespace}/deployments/web"
    assert desk.plane.admin.get(path)["spec"]["template"]["spec"]["containers"][0]["image"] == pinned
    (told,) = desk.data("history")
    assert told["releases"][0]["images"] == {"web": pinned}


def test_plan_is_carried_out_as_it_was_read(desk: Desk) -> None:
    desk.write({"manifests/settings.yaml": config_map("settings", colour="blue")})
    desk.run("diff", "-f", "manifests", "--out", "plan.json")
    assert "release 1: 1 created" in desk.run("deploy", "--plan", "plan.json")


def test_plan_that_moved_is_not_carried_out(desk: Desk) -> None:
    desk.deliver(settings("blue"))
    desk.write({"manifests/settings.yaml": config_map("settings", colour="red")})
    desk.run("diff", "-f", "manifests", "--out", "plan.json")
    desk.write({"manifests/settings.yaml": config_map("settings", colour="green")})
    told = desk.run("deploy", "--plan", "plan.json", code=FAILED)
    assert "ConfigMap settings" in told
    assert desk.colour() == "blue"


def test_plan_holds_no_value_of_a_secret(desk: Desk) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "canary-4711"}}
    desk.write({"manifests/secret.yaml": json.dumps(secret)})
    shown = desk.run("diff", "-f", "manifests", "--full", "--out", "plan.json")
    assert "canary-4711" not in shown + (desk.folder / "plan.json").read_text()


def test_release_that_does_not_become_healthy_goes_back(desk: Desk) -> None:
    desk.deliver(settings("blue") | {"web.yaml": deployment()})
    told = desk.deliver(settings("red") | {"web.yaml": deployment(pod="crash")}, code=FAILED)
    assert "CrashLoopBackOff" in told
    assert "is back at release 1" in told
    assert desk.colour() == "blue"
    (history,) = desk.data("history")
    assert [(each["status"], each["restored"]) for each in history["releases"]] == [("Failed", 1), ("Succeeded", 0)]
    assert history["current"] == 1


def test_rollback_goes_back_and_holds_until_it_is_lifted(desk: Desk) -> None:
    for colour in ("blue", "red", "green"):
        desk.deliver(settings(colour))
    told = desk.run("rollback", "--reason", "green hurts")
    assert "back from release 3 to 2" in told
    assert desk.colour() == "red"
    stopped = desk.deliver(settings("pink"), code=FAILED)
    assert "green hurts" in stopped
    assert desk.colour() == "red"
    assert "held since" in desk.run("history")
    desk.run("lift")
    desk.deliver(settings("pink"))
    assert desk.colour() == "pink"


def test_second_rollback_goes_further_back(desk: Desk) -> None:
    for colour in ("blue", "red", "green"):
        desk.deliver(settings(colour))
    desk.run("rollback")
    desk.run("rollback")
    assert desk.colour() == "blue"
    assert "there is no good release before" in desk.run("rollback", code=BAD_INPUT)


def test_rollback_to_a_release_that_is_not_good_is_bad_input(desk: Desk) -> None:
    desk.deliver(settings("blue"))
    desk.deliver({"web.yaml": deployment(pod="crash")}, code=FAILED)
    assert "release 2 ended as Failed" in desk.run("rollback", "--to", "2", code=BAD_INPUT)
    assert "there is no release 7" in desk.run("rollback", "--to", "7", code=BAD_INPUT)


def test_release_on_purpose_goes_into_a_held_environment(desk: Desk) -> None:
    desk.deliver(settings("blue"))
    desk.run("hold", "--reason", "the database moves")
    assert "the database moves" in desk.deliver(settings("red"), code=FAILED)
    desk.deliver(settings("red"), "--lift")
    assert desk.colour() == "red"


def test_interrupted_release_is_taken_up_by_the_next_run(desk: Desk) -> None:
    desk.deliver(settings("blue"))
    desk.write({"manifests/settings.yaml": config_map("settings", colour="red")})
    desk.write({"manifests/web.yaml": deployment(pod="600")})
    process = desk.start("deploy", "-f", "manifests")
    until(lambda: desk.colour() == "red")
    process.send_signal(signal.SIGINT)
    told, complained = process.communicate(timeout=20)
    assert process.returncode == INTERRUPTED, told + complained
    assert "interrupted: release 2 stands at `wait`" in complained
    began = time.monotonic()
    taken_up = desk.deliver(settings("red") | {"web.yaml": deployment(pod="ready")})
    assert "release 2 stopped at `wait`: taken up by this one" in taken_up
    assert time.monotonic() - began < 20  # nobody waits for the lease of a run that let go
    assert desk.data("history")[0]["current"] == 3


def test_killed_release_is_taken_up_by_the_next_run(desk: Desk) -> None:
    desk.deliver(settings("blue"))
    desk.write({"manifests/settings.yaml": config_map("settings", colour="red")})
    desk.write({"manifests/web.yaml": deployment(pod="600")})
    process = desk.start("deploy", "-f", "manifests")
    until(lambda: desk.colour() == "red")
    process.kill()
    process.communicate(timeout=20)
    assert "waiting for the lock" in desk.deliver(settings("red") | {"web.yaml": deployment(pod="ready")})
    assert desk.data("history")[0]["current"] == 3


def test_two_releases_at_once_go_one_after_the_other(desk: Desk) -> None:
    desk.write({"one/settings.yaml": config_map("settings", colour="red"), "one/web.yaml": deployment(pod="3")})
    desk.write({"two/settings.yaml": config_map("settings", colour="green")})
    first = desk.start("deploy", "-f", "one")
    until(lambda: desk.colour() == "red")
    assert "is at work there (release 1): waiting for the lock" in desk.run("deploy", "-f", "two")
    assert first.wait(20) == DELIVERED
    first.communicate()
    assert desk.colour() == "green"


def test_kustomization_with_a_base_beside_it_is_delivered(desk: Desk) -> None:
    desk.write(
        {
            "base/kustomization.yaml": "resources: [settings.yaml]\n",
            "base/settings.yaml": config_map("settings", colour="blue"),
            "overlays/dev/kustomization.yaml": "resources: [../../base]\nconfigMapGenerator:\n"
            "- {name: more, files: [key=more.txt]}\n",
            "overlays/dev/more.txt": "more\n",
            "overlays/prod/kustomization.yaml": "resources: [https://elsewhere.example/base]\n",
        }
    )
    assert "2 created" in desk.run("deploy", "-k", "overlays/dev")
    assert desk.colour() == "blue"


def test_chart_is_delivered_as_a_helm_release(desk: Desk) -> None:
    desk.write(
        {
            "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "charts/shop/values.yaml": "colour: blue\n",
            "charts/shop/templates/settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
            "data: {colour: {{ .Values.colour }}}\n",
            "red.yaml": "colour: red\n",
        }
    )
    desk.run("deploy", "--chart", "charts/shop", "--values", "red.yaml")
    assert desk.colour() == "red"
    path = f"/api/v1/namespaces/{desk.namespace}/secrets/sh.helm.release.v1.shop.v1"
    assert desk.plane.admin.get(path)["metadata"]["labels"]["status"] == "deployed"


def test_packed_chart_is_pulled_by_its_digest(desk: Desk, tmp_path: Path) -> None:
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: {{ .Values.colour }}}\n"
    chart = {"shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.2.3\n", "shop/values.yaml": "colour: blue\n"}
    registry = ChartRegistry(tmp_path)
    try:
        held = registry.hold(packed({**chart, "shop/templates/settings.yaml": template}))
        desk.environ["SSL_CERT_FILE"] = str(registry.authority)
        name = f"oci://{held.host}/{held.path}:{held.version}@{held.digest}"
        desk.write({"red.yaml": "colour: red\n"})
        desk.run("diff", "--chart", name, "--values", "red.yaml", "--out", "plan.json")
        desk.run("deploy", "--plan", "plan.json")
    finally:
        registry.close()
    assert desk.colour() == "red"
    assert {authorization for _, authorization in registry.asked} == {""}


def test_several_files_are_one_release_as_with_kubectl(desk: Desk) -> None:
    desk.write({f"m/{name}.yaml": config_map(name, colour="blue") for name in ("settings", "one", "two", "three")})
    told = desk.run("deploy", "-f", "m/settings.yaml,m/one.yaml", "-f", "m/t*.yaml")
    assert "4 created" in told
    assert "-f m/one.yaml,m/two.yaml" in desk.run("deploy", "-f", "m/one.yaml", "m/two.yaml", code=BAD_INPUT)


def test_field_of_somebody_else_is_taken_over_on_demand(desk: Desk) -> None:
    desk.deliver(settings("blue"))
    path = f"/api/v1/namespaces/{desk.namespace}/configmaps/settings"
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"colour": "pink"}}
    query = {"fieldManager": "someone", "force": "true"}
    desk.plane.admin.request("PATCH", path, body=theirs, query=query, content="application/apply-patch+yaml")
    refused = desk.deliver(settings("red"), code=FAILED)
    assert '.data.colour (conflict with "someone")' in refused
    assert "or say --force-conflicts" in refused
    desk.run("diff", "-f", "manifests", "--force-conflicts", "--out", "plan.json")
    assert "1 configured" in desk.run("deploy", "--plan", "plan.json")
    assert desk.colour() == "red"


def test_client_certificate_is_who_we_are(desk: Desk) -> None:
    for subject, code in (("/O=system:masters/CN=me", DELIVERED), ("/CN=me", BAD_INPUT)):
        certificate, key = desk.plane.certificate(desk.folder, subject)
        config = json.loads(desk.plane.kubeconfig.read_text())
        config["users"] = [{"name": "u", "user": {"client-certificate": str(certificate), "client-key": str(key)}}]
        desk.write({"certified": json.dumps(config), "m/settings.yaml": config_map("settings", colour="blue")})
        told = desk.run("deploy", "-f", "m", "--kubeconfig", "certified", code=code)
        assert ('User "me" cannot' in told) == (code == BAD_INPUT), told
    assert desk.colour() == "blue"


BAD = {
    "missing file": (["-f", "nothing"], "nothing: there is no such file"),
    "nothing named": ([], "nothing to deliver was named"),
    "values without a chart": (["-f", "m", "--values", "m/good.yaml"], "--values goes with a chart"),
    "bad YAML": (["-f", "bad/twice.yaml"], "bad/twice.yaml:4"),
    "no object": (["-f", "bad/none.yaml"], "bad/none.yaml:1"),
    "an image by its tag": (["-f", "m", "--image", "web=host.example/web:latest"], "is no image by digest"),
    "wrong context": (["-f", "m", "--context", "moon"], "there is no context 'moon'"),
    "no kubeconfig": (["-f", "m", "--kubeconfig", "nothing"], "there is no kubeconfig nothing"),
    "unreachable": (["-f", "m", "--kubeconfig", "dead"], "does not answer"),
    "a plan that is none": (["--plan", "m/good.yaml"], "is no plan"),
    "a link": (["-f", "linked"], "is a link"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_within_seconds_and_changes_nothing(desk: Desk, case: str) -> None:
    words, said = BAD[case]
    desk.write({"m/good.yaml": config_map("settings", colour="blue"), "bad/none.yaml": "hello: world\n"})
    desk.write({"bad/twice.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nmetadata: {name: b}\n"})
    desk.write({"dead": desk.plane.kubeconfig.read_text().replace(desk.plane.url, "https://127.0.0.1:9")})
    (desk.folder / "linked").mkdir()
    (desk.folder / "linked" / "passwd.yaml").symlink_to("/etc/passwd")
    began = time.monotonic()
    assert said in desk.run("deploy", *words, code=BAD_INPUT)
    assert time.monotonic() - began < 30
    path = f"/api/v1/namespaces/{desk.namespace}/configmaps"
    names = [item["metadata"]["name"] for item in desk.plane.admin.get(path)["items"]]
    assert "settings" not in names


def test_missing_namespace_is_told_with_the_way_out(desk: Desk) -> None:
    desk.write({"m/good.yaml": config_map("settings")})
    desk.namespace = "nowhere"
    told = desk.run("deploy", "-f", "m", code=BAD_INPUT)
    assert "kubectl create namespace nowhere" in told
