import base64
import gzip
import json

from deployer.helm.chart import Chart, Hook
from deployer.helm.hooks import hooks_of
from deployer.helm.record import Revision, _decode, encode_release

HOOK = Hook(
    "migrate", "Job", "shop/templates/m.yaml", "kind: Job\n", {"kind": "Job"}, ("pre-install",), -5, ("hook-succeeded",)
)
CHART = Chart("shop", {"name": "shop", "version": "1.0.0"}, {"a": 1}, {"a": 2}, "---\nkind: X\n", (HOOK,))


def release(status="deployed"):
    return encode_release(
        CHART, "shop-dev", 3, status, "Upgrade complete", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
    )


def test_a_record_has_helms_shape():
    told = release()
    assert (told["name"], told["namespace"], told["version"], told["apply_method"]) == ("shop", "shop-dev", 3, "ssa")
    assert told["info"]["status"] == "deployed"
    assert told["config"] == {"a": 2}
    assert told["chart"]["values"] == {"a": 1}
    assert told["hooks"][0]["events"] == ["pre-install"]
    assert told["hooks"][0]["weight"] == -5


def test_a_record_is_read_back_and_compared_with_a_chart():
    data = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release()).encode()))).decode()
    secret = {"metadata": {"labels": {"version": "3", "status": "deployed"}}, "data": {"release": data}}
    revision = _decode(secret)
    assert revision == Revision(3, "deployed", release())
    assert revision.shows(CHART)
    assert not revision.shows(Chart("shop", CHART.metadata, {}, {"a": 3}, CHART.manifest))


def test_a_chart_survives_its_way_through_json():
    assert Chart.from_json(json.loads(json.dumps(CHART.to_json()))) == CHART


def test_hooks_run_by_weight_and_then_by_name():
    hooks = tuple(
        Hook(name, "Job", "", "", {}, ("pre-install",), weight, ()) for name, weight in (("b", 0), ("a", 0), ("z", -1))
    )
    chart = Chart("shop", {}, {}, {}, "", (*hooks, HOOK))
    assert [hook.name for hook in hooks_of(chart, "pre-install")] == ["migrate", "z", "a", "b"]
    assert hooks_of(chart, "post-install") == []
