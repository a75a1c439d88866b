from pathlib import Path

from local.kubernetes.layout import STATE
from local.kubernetes.plan import node_plan
from local.sandbox import Mount, Start
from local.sandbox.plan import from_json, to_json
from local.settings import Addresses, Home

HOME = Home(Path("/srv/home"), Path("/srv/cache"), Addresses(4566, 6443, "127.40.2.1", "AKIA", "secret"))


def test_keys_are_hidden_before_the_kubelet_starts_and_after_the_control_plane() -> None:
    steps = node_plan(HOME).steps
    names = [step.name if isinstance(step, Start) else getattr(step, "target", "") for step in steps]
    hidden = max(
        i for i, step in enumerate(steps) if isinstance(step, Mount) and step.target in (STATE, str(HOME.root))
    )

    for early in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        assert names.index(early) < hidden
    for late in ("kubelet", "kube-proxy", "coredns"):
        assert names.index(late) > hidden


def test_programs_that_read_keys_keep_mounts_of_their_own() -> None:
    apart = {step.name for step in node_plan(HOME).steps if isinstance(step, Start) and step.apart}

    assert apart == {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}


def test_the_only_listener_outside_is_the_api_server_on_loopback() -> None:
    assert [(each.host_address, each.host_port) for each in node_plan(HOME).forwards] == [("127.0.0.1", 6443)]


def test_a_plan_crosses_to_its_sandbox_unchanged() -> None:
    plan = node_plan(HOME)

    read, cgroup = from_json(to_json(plan, "shipline-test"))

    assert read.steps == plan.steps
    assert cgroup == "shipline-test"
