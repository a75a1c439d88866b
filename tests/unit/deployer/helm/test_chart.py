import json

from deployer.helm.chart import Chart, Hook
from deployer.helm.hooks import hooks_of


def hook(name, weight=0, events=("pre-install",), kind="Job"):
    return Hook(name, kind, "shop/templates/h.yaml", "", {}, events, weight, ("hook-succeeded",), ("hook-failed",))


def test_a_chart_survives_its_way_through_json():
    chart = Chart("shop", {"name": "shop"}, {"a": 1}, {}, "m", (hook("a"),), "notes", ({"kind": "X"},))
    assert Chart.from_json(json.loads(json.dumps(chart.to_json()))) == chart


def test_hooks_run_by_weight_then_by_name_then_as_helm_ordered_their_kinds():
    same = (hook("b", kind="ServiceAccount"), hook("b"))
    chart = Chart("shop", {}, {}, {}, "", (*same, hook("a"), hook("z", -1), hook("x", -9, ("post-install",))))
    assert [(each.name, each.kind) for each in hooks_of(chart, "pre-install")] == [
        ("z", "Job"),
        ("a", "Job"),
        ("b", "ServiceAccount"),
        ("b", "Job"),
    ]
    assert hooks_of(chart, "test") == []
