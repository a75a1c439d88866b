import base64
import random

import pytest

from deployer.errors import Fatal
from deployer.helm.chart import Chart, Hook
from deployer.helm.revision import Entry, Revision, pack, unpack
from deployer.helm.runs import NEVER, Run

HOOK = Hook(
    "migrate", "Job", "shop/templates/m.yaml", "kind: Job\n", {"kind": "Job"}, ("pre-install",), -5, ("hook-succeeded",)
)
CHART = Chart("shop", {"name": "shop", "version": "1.0.0"}, {"a": 1}, {"a": 2}, "---\nkind: X\n", (HOOK,), "Hello.\n")
RUN = Run("shop", "pre-install", "Job", "migrate", "Succeeded", "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z")


def release(chart=CHART, runs=()):
    entry = Entry(chart, "deployed", "Upgrade complete", "release 7 a", runs)
    return entry.release("shop-dev", 3, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")


def read_back(told, status="deployed"):
    data = base64.b64encode(pack(told).encode()).decode()
    return unpack({"metadata": {"labels": {"version": "3", "status": status}}, "data": {"release": data}})


def test_a_record_has_helms_shape():
    told = release()
    assert (told["name"], told["namespace"], told["version"], told["apply_method"]) == ("shop", "shop-dev", 3, "ssa")
    assert told["info"]["status"] == "deployed"
    assert told["info"]["notes"] == "Hello.\n"
    assert told["config"] == {"a": 2}
    assert told["chart"]["values"] == {"a": 1}
    assert told["hooks"][0]["events"] == ["pre-install"]
    assert told["hooks"][0]["weight"] == -5


def test_a_record_tells_when_a_hook_ran_last():
    assert release()["hooks"][0]["last_run"] == NEVER
    assert release(runs=[RUN])["hooks"][0]["last_run"] == {
        "started_at": "2026-01-01T00:00:00Z",
        "completed_at": "2026-01-01T00:00:09Z",
        "phase": "Succeeded",
    }
    assert release(runs=[RUN, Run.read(str(RUN).replace("shop ", "other "))])["hooks"][0]["last_run"]["phase"]


def test_a_run_survives_its_way_through_the_journal():
    assert Run.read(str(RUN)) == RUN


def test_a_record_is_read_back_and_compared_with_a_chart():
    revision = read_back(release())
    assert revision == Revision(3, "deployed", release())
    assert revision.mark == "release 7 a"
    assert revision.shows(CHART)
    assert not revision.shows(Chart("shop", CHART.metadata, {}, {"a": 3}, CHART.manifest, CHART.hooks))
    assert not revision.shows(Chart("shop", CHART.metadata, {}, {"a": 2}, CHART.manifest))


def test_a_record_that_helm_3_wrote_never_says_it_all():
    told = {key: value for key, value in release().items() if key not in ("apply_method", "shipline")}
    assert read_back(told).mark == ""
    assert not read_back(told).shows(CHART)


def test_a_record_that_no_secret_holds_is_refused_with_a_remedy():
    noise = random.Random(1).randbytes(900_000).hex()
    with pytest.raises(Fatal, match=r"over the 1048576 that a Secret holds\. Split the chart"):
        pack(release(Chart("shop", {}, {}, {}, noise)))


def test_a_large_manifest_that_packs_well_is_kept():
    manifest = "".join(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{at}}}\n" for at in range(100_000))
    assert len(pack(release(Chart("shop", {}, {}, {}, manifest)))) < 1024 * 1024 < len(manifest)
