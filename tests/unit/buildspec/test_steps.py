"""Each step as the buildspec runs it: a process, its exit status, its last words."""

import ast
import json
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from local.settings import CHECKOUT
from tests.unit.buildspec.conftest import HOST, Sources

DIGEST = f"sha256:{'ab' * 32}"


def test_an_image_that_ecr_has_is_neither_built_nor_pushed(sources: Sources) -> None:
    sources.answer("digest", f"echo {DIGEST}")
    for step in ("plan", "login", "build", "release"):
        ran = sources.step(step)
        assert ran.returncode == 0, ran.stderr
    assert [line.split()[:3] for line in sources.asked()] == [["aws", "ecr", "describe-images"]]
    release = json.loads((sources.root / ".shipline/release/release.json").read_text())
    assert release["images"]["web"]["digest"] == DIGEST
    assert release["images"]["web"]["built"] is False


def test_an_image_is_built_from_what_the_plan_saw(sources: Sources) -> None:
    sources.environ |= {"BUILD_ARG_BASE_IMAGE": "localhost/base", "BUILD_ARG_OTHER": "not declared"}
    sources.step("plan")
    assert sources.step("login").returncode == 0
    assert (sources.answers / "password").read_text().strip() == "password"
    sources.write("app/web/__pycache__/web.pyc", "left behind by a test")
    sources.answer("build", "echo built")
    ran = sources.step("build")
    assert ran.returncode == 0, ran.stderr
    assert "web | built" in ran.stdout
    (asked,) = [line for line in sources.asked() if line.startswith("docker build")]
    assert "--file Dockerfile" in asked
    assert f"--tag {HOST}/shop/web:src-" in asked
    assert "--build-arg BASE_IMAGE=localhost/base -" in asked
    assert "OTHER" not in asked
    with tarfile.open(sources.answers / "context.tar") as archive:
        assert archive.getnames() == ["Dockerfile", "web.py"]


def test_an_argument_may_name_the_commit(sources: Sources) -> None:
    image = {"repository": f"{HOST}/shop/web", "context": "app/web", "args": {"REVISION": "v-{commit}"}}
    sources.environ["SHIPLINE_IMAGES"] = json.dumps({"web": image})
    sources.answer("build", "true")
    tags = set()
    for commit in ("c0ffee", "c0ffee", "decaf"):
        tags.add(sources.step("plan", COMMIT_ID=commit).stdout)
        assert sources.step("build", COMMIT_ID=commit).returncode == 0
        assert f"--build-arg REVISION=v-{commit} -" in sources.asked()[-1]
    assert len(tags) == 2
    nobody = sources.step("plan")
    assert nobody.returncode == 1
    assert "names the commit, and COMMIT_ID does not tell it" in nobody.stderr


def test_a_test_that_changes_sources_stops_the_build(sources: Sources) -> None:
    sources.step("plan")
    sources.write("app/web/web.py", "changed")
    ran = sources.step("build")
    assert ran.returncode == 1
    assert "the tests changed the sources of the image web" in ran.stderr


def test_a_dockerfile_that_does_not_build_is_named_last(sources: Sources) -> None:
    sources.step("plan")
    sources.answer("build", "echo 'no such file: web.oy' >&2; exit 1")
    ran = sources.step("build")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-2:] == [
        "shipline build: the image web does not build (app/web/Dockerfile):",
        "no such file: web.oy",
    ]


def test_nothing_is_released_when_the_build_has_failed(sources: Sources) -> None:
    sources.step("plan")
    ran = sources.step("release", CODEBUILD_BUILD_SUCCEEDING="0")
    assert ran.returncode == 0
    assert "nothing is pushed" in ran.stdout
    assert [path.name for path in (sources.root / ".shipline/release").iterdir()] == ["build-failed.txt"]
    assert not any("push" in line for line in sources.asked())


def test_a_push_that_fails_is_an_error_with_the_engines_words(sources: Sources) -> None:
    sources.step("plan")
    sources.answer("push", "echo 'denied: not yours'; exit 1")
    ran = sources.step("release")
    assert ran.returncode == 1
    assert "the image web was not pushed" in ran.stderr
    assert "denied: not yours" in ran.stderr
    assert not (sources.root / ".shipline/release/release.json").exists()


def test_a_tag_that_was_pushed_meanwhile_is_reused(sources: Sources) -> None:
    sources.step("plan")
    sources.answer("push", "echo 'tag invalid: the tag is immutable'; exit 1")
    sources.answer("digest", f"echo {DIGEST}")
    ran = sources.step("release")
    assert ran.returncode == 0, ran.stderr
    web = json.loads((sources.root / ".shipline/release/release.json").read_text())["images"]["web"]
    assert (web["digest"], web["built"]) == (DIGEST, False)


def test_an_ecr_that_refuses_is_not_taken_for_an_image_that_is_not_there(sources: Sources) -> None:
    sources.answer("digest", "echo 'An error occurred (AccessDeniedException): no' >&2; exit 254")
    ran = sources.step("plan")
    assert ran.returncode == 1
    assert "AccessDeniedException" in ran.stderr


def test_the_release_carries_the_delivery_and_the_smoke_test(sources: Sources) -> None:
    sources.answer("digest", f"echo {DIGEST}")
    sources.write("manifests/a.yaml", "a: 1\n")
    sources.write("charts/shop/Chart.yaml", "name: shop\n")
    sources.write("app/smoke_test.py", "")
    sources.step("plan")
    delivery = '["manifests", "charts/shop"]'
    assert sources.step("release", SHIPLINE_DELIVERY=delivery, COMMIT_ID="c0ffee").returncode == 0
    folder = sources.root / ".shipline/release"
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert found == ["app/smoke_test.py", "charts/shop/Chart.yaml", "manifests/a.yaml", "release.json"]
    first = json.loads((folder / "release.json").read_text())
    assert (first["schema"], first["commit"], first["scan"]) == (1, "c0ffee", None)
    sources.write("manifests/a.yaml", "a: 2\n")
    sources.step("release", SHIPLINE_DELIVERY=delivery)
    assert json.loads((folder / "release.json").read_text())["delivery"] != first["delivery"]


def test_the_author_is_whom_codecommit_names(sources: Sources) -> None:
    sources.answer("digest", f"echo {DIGEST}")
    sources.answer("commit", """echo '{"name": "Ann", "email": "ann@example.com", "date": "1 +0000"}'""")
    of = {"SHIPLINE_SOURCE_REPOSITORY": "shop-code", "COMMIT_ID": "c0ffee"}
    for step in ("plan", "release"):
        assert sources.step(step, **of).returncode == 0
    assert json.loads((sources.root / ".shipline/release/release.json").read_text())["author"] == "Ann"
    (asked,) = [line for line in sources.asked() if line.startswith("aws codecommit")]
    assert "--repository-name shop-code --commit-id c0ffee" in asked


def test_a_source_that_is_not_codecommit_is_not_asked_for_the_author(sources: Sources) -> None:
    sources.answer("digest", f"echo {DIGEST}")
    for step in ("plan", "release"):
        assert sources.step(step, COMMIT_ID="c0ffee", AUTHOR="Bea").returncode == 0
    assert json.loads((sources.root / ".shipline/release/release.json").read_text())["author"] == "Bea"
    assert not any("codecommit" in line for line in sources.asked())


def test_a_codecommit_that_refuses_is_an_error_with_its_words(sources: Sources) -> None:
    sources.answer("digest", f"echo {DIGEST}")
    sources.answer("commit", "echo 'An error occurred (AccessDeniedException): no' >&2; exit 254")
    ran = sources.step("plan", SHIPLINE_SOURCE_REPOSITORY="shop-code", COMMIT_ID="c0ffee")
    assert ran.returncode == 1
    assert "cannot ask CodeCommit for the author (shop-code, commit c0ffee)" in ran.stderr
    assert "AccessDeniedException" in ran.stderr


def test_a_delivery_path_that_is_not_there_is_named(sources: Sources) -> None:
    sources.answer("digest", f"echo {DIGEST}")
    sources.step("plan")
    ran = sources.step("release", SHIPLINE_DELIVERY='["manifests"]')
    assert ran.returncode == 1
    assert "manifests is not in the commit" in ran.stderr


def results(sources: Sources) -> list[tuple[str, list[str]]]:
    """Each case of each report, with the tags of its results."""
    found = []
    for path in sorted((sources.root / ".shipline/reports").glob("*.xml")):
        for case in ElementTree.parse(path).iter("testcase"):
            found.append((str(case.get("name")), [result.tag for result in case]))
    return found


def test_pytest_reports_its_cases_without_being_told(sources: Sources) -> None:
    sources.write("app/test_a.py", "def test_good():\n    pass\n\ndef test_bad():\n    assert 1 == 2\n")
    ran = sources.step("test", SHIPLINE_TEST="python3 -m pytest -q -p no:cacheprovider app")
    assert ran.returncode == 1
    assert "the tests failed (exit status 1): python3 -m pytest" in ran.stderr
    assert "test_bad" in ran.stdout
    assert results(sources) == [("test_good", []), ("test_bad", ["failure"])]


def test_reports_that_the_command_writes_are_collected(sources: Sources) -> None:
    sources.write("app/test_a.py", "def test_good():\n    pass\n")
    command = "python3 -m pytest -q -p no:cacheprovider app --junitxml=out/a.xml"
    assert sources.step("test", SHIPLINE_TEST=command, SHIPLINE_REPORTS='["out/*.xml"]').returncode == 0
    assert results(sources) == [("test_good", [])]


def test_any_other_command_is_one_case(sources: Sources) -> None:
    ran = sources.step("test", SHIPLINE_TEST="echo checking; echo 'not well' >&2; exit 4")
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == ["checking", "not well"]
    assert results(sources) == [("echo checking; echo 'not well' >&2; exit 4", ["failure"])]


def test_a_service_without_tests_says_so_in_its_report(sources: Sources) -> None:
    assert "no tests" in sources.step("test").stdout
    assert results(sources) == [("no tests", ["skipped"])]


def test_pinned_requirements_that_are_there_cost_no_pip(sources: Sources) -> None:
    sources.write("app/requirements-test.txt", "# what the tests need\npip==0.0.1\n")
    ran = sources.step("requirements", PIP_NO_INDEX="1")
    assert ran.returncode == 1
    assert "pip cannot install app/requirements-test.txt" in ran.stderr
    sources.write("app/requirements-test.txt", f"pip=={version('pip')}  # there\n")
    assert sources.step("requirements").stdout == "app/requirements-test.txt: all there\n"


def test_variables_that_cannot_be_read_are_named(sources: Sources) -> None:
    assert "SHIPLINE_IMAGES is not JSON" in sources.step("plan", SHIPLINE_IMAGES="{").stderr
    assert (
        "is not one of ECR: docker.io/a"
        in sources.step("plan", SHIPLINE_IMAGES='{"a":{"repository":"docker.io/a"}}').stderr
    )
    assert sources.step("nonsense").returncode == 2


def test_the_tools_run_on_the_oldest_python_that_is_promised() -> None:
    """Python 3.9 reads every file: no syntax of a later one is used."""
    files = sorted((CHECKOUT / "buildspec" / "tools").rglob("*.py"))
    assert files
    for path in files:
        ast.parse(path.read_text(), feature_version=(3, 9))
    assert Path(files[0]).name == "__main__.py"


def test_the_tools_need_the_standard_library_alone() -> None:
    for path in (CHECKOUT / "buildspec" / "tools").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
        assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names | {"shipline_build"}
