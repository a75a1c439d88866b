from tests.unit.codebuild.conftest import Workbench, phase


def test_a_build_runs_its_commands_and_goes_through_all_phases(bench: Workbench) -> None:
    build = bench.run(["echo hello", "test -n \"$CODEBUILD_BUILD_ID\""])
    assert build["buildStatus"] == "SUCCEEDED"
    assert [each["phaseType"] for each in build["phases"]] == [
        "SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD",
        "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED",
    ]
    assert "hello" in bench.log(build)


def test_timing(bench: Workbench) -> None:
    import time
    for _ in range(3):
        t = time.time()
        build = bench.run(["true", "true"])
        print(time.time()-t, [(p["phaseType"], round((p.get("endTime",p["startTime"]) - p["startTime"]).total_seconds(),3)) for p in build["phases"]])
    print(bench.log(build))
