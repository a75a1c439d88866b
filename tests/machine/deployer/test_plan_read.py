"""A plan that somebody read: what was read is what is carried out, or it is told what moved in between."""

from deployer.flow import plan
from deployer.outcome import Failed, Succeeded
from tests.support.delivery import config_map, deployment
from tests.support.watched import watched

CONFIGS = "api/v1/configmaps"


def files(value="1", *more):
    made = {"manifests/a.yaml": config_map("a", v=value), "manifests/b.yaml": config_map("b", v="1")}
    return {**made, **{f"manifests/{name}.yaml": config_map(name, v="1") for name in more}}


def read(dev, wanted):
    world = dev.world()
    try:
        return plan(world, dev.request(wanted, "plan")).plan
    finally:
        world.cluster.kube.close()


def test_reading_a_plan_writes_nothing_and_shows_both_sides(place):
    dev = place()
    dev.release(files("1", "gone"))
    with watched(dev) as (there, asked):
        found = read(there, files("2", "new"))
        assert not {"apply", "delete", "lock PATCH", "lock PUT", "stored PATCH"} & set(asked.counts)
    assert found.counts == {"created": 1, "configured": 1, "unchanged": 1, "deleted": 1}
    steps = {step.item.identity.name: step for step in found.steps}
    assert (steps["a"].before["data"], steps["a"].after["data"]) == ({"v": "1"}, {"v": "2"})
    assert steps["new"].after["data"] == {"v": "1"}


def test_a_plan_that_was_read_is_carried_out(place):
    dev = place()
    first = read(dev, files())
    assert isinstance(dev.release(files(), plan=first.digest), Succeeded)
    second = read(dev, files("2"))
    assert isinstance(dev.release(files("2"), plan=second.digest), Succeeded)
    assert dev.get(CONFIGS, "a")["data"] == {"v": "2"}


def test_a_plan_reads_the_same_twice_whatever_controllers_do(place):
    dev = place()
    dev.release({**files(), "manifests/web.yaml": deployment(pod="1")})
    wanted = {**files("2"), "manifests/web.yaml": deployment(pod="1", replicas=2)}
    assert read(dev, wanted).digest == read(dev, wanted).digest


def test_what_moved_since_it_was_read_is_told_and_nothing_is_changed(place):
    dev = place()
    dev.release(files())
    found = read(dev, files("2", "new"))
    path = f"/api/v1/namespaces/{dev.namespace}/configmaps/b"
    body = {"data": {"v": "drift"}}
    dev.plane.admin.request(
        "PATCH", path, query={"fieldManager": "shipline"}, body=body, content="application/merge-patch+json"
    )
    wanted = {**files("2", "new"), "manifests/b.yaml": forced(config_map("b", v="1"))}
    outcome = dev.release(wanted, plan=found.digest, read=found.document())
    assert isinstance(outcome, Failed)
    assert "ConfigMap b: unchanged when it was read, configured now" in outcome.message
    assert "Nothing was changed" in outcome.message
    assert dev.get(CONFIGS, "a")["data"] == {"v": "1"}
    assert dev.get(CONFIGS, "new") is None


def test_another_artifact_than_the_one_that_was_read_is_refused(place):
    dev = place()
    dev.release(files())
    found = read(dev, files("2"))
    outcome = dev.release(files("3"), plan=found.digest, read=found.document())
    assert isinstance(outcome, Failed)
    assert "ConfigMap a: still configured, but with other content" in outcome.message
    assert dev.get(CONFIGS, "a")["data"] == {"v": "1"}


def forced(text):
    return text.replace('{"name": "b"}', '{"name": "b", "annotations": {"shipline.dev/force-conflicts": "true"}}')
