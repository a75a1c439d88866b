"""buildspec/build.yaml, run by CodeBuild as the pipeline runs it: real shells, the real AWS CLI, an engine that is a
stand-in (it "builds" the archive it is given, and pushes by ECR's own API)."""

import io
import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.settings import CHECKOUT
from tests.unit.codebuild.conftest import BUCKET, ROLE, Workbench, phase

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
TOOLS = CHECKOUT / "buildspec" / "tools"

ENGINE = Path(__file__).with_name("stand_in_engine.py")

SOURCES = {
    "app/web/Dockerfile": "ARG BASE_IMAGE=python\nFROM ${BASE_IMAGE}\nCOPY web.py .\n",
    "app/web/web.py": "print('web')\n",
    "app/web/.dockerignore": "notes.txt\n",
    "app/web/notes.txt": "not for the image\n",
    "app/api/Dockerfile": "FROM scratch\nCOPY api.py .\n",
    "app/api/api.py": "print('api')\n",
    "app/smoke_test.py": "def test_smoke():\n    pass\n",
    "manifests/base.yaml": "kind: Deployment\n",
}


class Service:
    """A service's repository and its delivery stack, as far as its build sees them."""

    def __init__(self, bench: Workbench, folder: Path) -> None:
        self.bench = bench
        self.sources = dict(SOURCES)
        self.test = "true"
        self.engine_log = folder / "engine.log"
        self._runs = 0
        bench.environment["ENGINE_LOG"] = str(self.engine_log)
        for image in ("web", "api"):
            bench.client("ecr").create_repository(repositoryName=f"shop/{image}", imageTagMutability="IMMUTABLE")
        bench.client("s3").put_object(Bucket=BUCKET, Key="tools.zip", Body=zipped(tools()))
        (bench.home.tools / "bin").mkdir(parents=True)
        (bench.home.tools / "bin" / "docker").symlink_to(ENGINE)
        self._project("shop-build", "build.yaml", {"type": "CODEPIPELINE"}, {"type": "CODEPIPELINE"})

    def _project(self, name: str, buildspec: str, source: dict[str, str], artifacts: dict[str, str]) -> None:
        self.bench.codebuild.create_project(
            name=name,
            source={**source, "buildspec": (CHECKOUT / "buildspec" / buildspec).read_text()},
            artifacts=artifacts,
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": True,
            },
            serviceRole=ROLE,
        )

    def build(self, **overrides: str) -> dict[str, Any]:
        """Start the build as CodePipeline does, and wait for its end."""
        self._runs += 1
        build = self.bench.start(
            "shop-build",
            sourceTypeOverride="CODEPIPELINE",
            sourceLocationOverride=f"arn:aws:s3:::{self._given()}",
            artifactsOverride={
                "type": "CODEPIPELINE",
                "packaging": "NONE",
                "location": f"arn:aws:s3:::{BUCKET}/shop/Release/{self._runs}",
            },
            environmentVariablesOverride=self._variables(overrides),
        )
        return self.bench.wait(build, 120)

    def try_out(self) -> dict[str, Any]:
        """Build a pull request, as far as this machine can: its sources come from S3."""
        source = {"type": "S3", "location": self._given()}
        self._project("shop-pull-requests", "pull-request.yaml", source, {"type": "NO_ARTIFACTS"})
        build = self.bench.start("shop-pull-requests", environmentVariablesOverride=self._variables({}))
        return self.bench.wait(build, 120)

    def _given(self) -> str:
        self.bench.client("s3").put_object(Bucket=BUCKET, Key="shop/Source/abc.zip", Body=zipped(self.sources))
        return f"{BUCKET}/shop/Source/abc.zip"

    def _variables(self, overrides: dict[str, str]) -> list[dict[str, str]]:
        images = {
            name: {
                "repository": f"{HOST}/shop/{name}",
                "context": f"app/{name}",
                "dockerfile": "Dockerfile",
                "args": {},
            }
            for name in ("web", "api")
        }
        variables = {
            "SHIPLINE_SERVICE": "shop",
            "SHIPLINE_IMAGES": json.dumps(images),
            "SHIPLINE_TEST": self.test,
            "SHIPLINE_REPORTS": '["reports/*.xml"]',
            "SHIPLINE_TOOLS": f"s3://{BUCKET}/tools.zip",
            "SHIPLINE_DELIVERY": '["manifests"]',
            "COMMIT_ID": "c0ffee",
            "BRANCH": "main",
            "COMMIT_MESSAGE": 'Say "hello" to $HOME',
            "AUTHOR_DATE": "2026-01-02T03:04:05Z",
            **overrides,
        }
        return [{"name": name, "value": value} for name, value in variables.items()]

    def released(self) -> zipfile.ZipFile:
        body = self.bench.client("s3").get_object(Bucket=BUCKET, Key=f"shop/Release/{self._runs}")["Body"].read()
        return zipfile.ZipFile(io.BytesIO(body))

    def release(self) -> dict[str, Any]:
        with self.released() as archive:
            return dict(json.loads(archive.read("release.json")))

    def engine(self) -> list[str]:
        """What the engine was asked to do so far, verb and image."""
        lines = self.engine_log.read_text().splitlines() if self.engine_log.exists() else []
        return sorted(
            f"{line.split()[0]} {name}" for line in lines for name in ("web", "api") if f"/shop/{name}:" in line
        )

    def built_files(self) -> dict[str, list[str]]:
        built = self.engine_log.with_suffix(".images").read_text().splitlines()
        return {name.split(":")[0].rpartition("/")[2]: files for name, _, files in map(json.loads, built)}


def tools() -> dict[str, str]:
    return {
        str(path.relative_to(TOOLS)): path.read_text()
        for path in TOOLS.rglob("*.py")
        if "__pycache__" not in path.parts
    }


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFREG | (0o755 if text.startswith("#!") else 0o644)) << 16
            archive.writestr(info, text)
    return buffer.getvalue()


@pytest.fixture
def service(bench: Workbench, tmp_path: Path) -> Iterator[Service]:
    folder = tmp_path / "engine"
    folder.mkdir()
    return Service(bench, folder)


def test_a_first_build_pushes_all_images_and_the_next_one_those_that_changed(service: Service) -> None:
    build = service.build()
    assert build["buildStatus"] == "SUCCEEDED", service.bench.log(build)
    release = service.release()
    assert service.engine() == ["build api", "build web", "push api", "push web"]
    assert release["service"] == "shop"
    assert (release["commit"], release["branch"], release["message"]) == ("c0ffee", "main", 'Say "hello" to $HOME')
    for name, image in release["images"].items():
        (known,) = service.bench.client("ecr").describe_images(repositoryName=f"shop/{name}")["imageDetails"]
        assert image == {
            "repository": f"{HOST}/shop/{name}",
            "tag": known["imageTags"][0],
            "digest": known["imageDigest"],
            "built": True,
        }
    with service.released() as archive:
        assert sorted(archive.namelist()) == ["app/smoke_test.py", "manifests/base.yaml", "release.json"]
    assert service.built_files() == {"web": ["Dockerfile", "web.py"], "api": ["Dockerfile", "api.py"]}

    service.engine_log.unlink()
    service.sources["app/web/web.py"] = "print('web, again')\n"
    build = service.build()
    assert build["buildStatus"] == "SUCCEEDED", service.bench.log(build)
    before, after = release["images"], service.release()["images"]
    assert service.engine() == ["build web", "push web"]
    assert after["api"] == {**before["api"], "built": False}
    assert after["web"]["digest"] != before["web"]["digest"]


def test_a_pull_request_is_tested_and_built_and_nothing_of_it_is_pushed(service: Service) -> None:
    build = service.try_out()
    assert build["buildStatus"] == "SUCCEEDED", service.bench.log(build)
    assert service.engine() == ["build api", "build web"]
    assert len(build["reportArns"]) == 1


def test_a_pull_request_whose_tests_fail_fails(service: Service) -> None:
    service.test = "false"
    build = service.try_out()
    assert build["buildStatus"] == "FAILED"
    assert service.engine() == []


def test_failing_tests_push_nothing_and_say_which_test_it_was(service: Service) -> None:
    service.sources["app/web/test_web.py"] = "def test_price_is_shown():\n    assert 1 == 2, 'no price'\n"
    service.test = "python3 -m pytest -q app"
    build = service.build()
    assert build["buildStatus"] == "FAILED"
    (context,) = phase(build, "BUILD")["contexts"]
    assert context["statusCode"] == "COMMAND_EXECUTION_ERROR"
    assert "test_price_is_shown" in context["message"]
    assert "the tests failed" in context["message"]
    assert service.engine() == []
    assert phase(build, "UPLOAD_ARTIFACTS")["phaseStatus"] == "SUCCEEDED"
    (report,) = service.bench.codebuild.batch_get_reports(reportArns=build["reportArns"])["reports"]
    assert report["status"] == "FAILED"
    assert report["testSummary"]["statusCounts"]["FAILED"] == 1


COVERAGE = """\
<coverage><packages><package><classes><class filename="web.py"><lines>
<line number="1" hits="1"/><line number="2" hits="0"/>
</lines></class></classes></package></packages></coverage>
"""


@pytest.mark.parametrize(("least", "status", "pushes"), [(50, "SUCCEEDED", 2), (51, "FAILED", 0)])
def test_coverage_gates_and_is_shown_either_way(service: Service, least: int, status: str, pushes: int) -> None:
    spec = yaml.safe_load((CHECKOUT / "buildspec" / "build.yaml").read_text())
    shown = {"files": ["coverage.xml"], "base-directory": ".shipline/coverage", "file-format": "COBERTURAXML"}
    spec["reports"]["coverage"] = shown
    source = {"type": "CODEPIPELINE", "buildspec": json.dumps(spec)}
    service.bench.codebuild.update_project(name="shop-build", source=source)
    service.sources["report"] = COVERAGE
    service.test = "cp report coverage.xml"
    build = service.build(SHIPLINE_COVERAGE=json.dumps({"lines": least, "branches": None, "report": "coverage.xml"}))
    log = service.bench.log(build)
    assert build["buildStatus"] == status, log
    assert f"lines 50.0 % of {least} % (coverage.xml)" in log
    assert len([line for line in service.engine() if line.startswith("push")]) == pushes
    reports = service.bench.codebuild.batch_get_reports(reportArns=build["reportArns"])["reports"]
    (coverage,) = [report for report in reports if report["type"] == "CODE_COVERAGE"]
    assert coverage["reportGroupArn"].endswith(":report-group/shop-build-coverage")
    assert coverage["codeCoverageSummary"]["lineCoveragePercentage"] == 50.0


def test_a_secret_is_read_by_the_build_and_is_nowhere_but_in_the_engine(service: Service) -> None:
    bench = service.bench
    bench.client("secretsmanager").create_secret(Name="shop/npm", SecretString='{"token": "s3cret-value"}')
    image = {"repository": f"{HOST}/shop/web", "context": "app/web", "secrets": {"npm": "shop/npm:token"}}
    build = service.build(SHIPLINE_IMAGES=json.dumps({"web": image}))
    log = bench.log(build)
    assert build["buildStatus"] == "SUCCEEDED", log
    assert Path(f"{service.engine_log}.secret").read_text() == "s3cret-value"
    assert "web | STEP 2: RUN with ***" in log
    assert "s3cret-value" not in log + json.dumps(build, default=str)
    with service.released() as archive:
        assert not any(b"s3cret-value" in archive.read(name) for name in archive.namelist())


def test_a_broken_dockerfile_is_named_in_the_phase_that_failed(service: Service) -> None:
    service.sources["app/api/Dockerfile"] = "FROM scratch\nBROKEN\n"
    build = service.build()
    (context,) = phase(build, "BUILD")["contexts"]
    assert "the image api does not build (app/api/Dockerfile)" in context["message"]
    assert "no such instruction" in context["message"]
    assert "push" not in service.engine_log.read_text()


def test_a_missing_context_is_named_before_anything_runs(service: Service) -> None:
    for name in [name for name in service.sources if name.startswith("app/web/")]:
        del service.sources[name]
    build = service.build()
    (context,) = phase(build, "PRE_BUILD")["contexts"]
    assert "its context app/web is not a folder of the commit" in context["message"]
    assert [each["phaseType"] for each in build["phases"]][-2:] == ["FINALIZING", "COMPLETED"]


def test_a_tag_that_another_build_pushed_meanwhile_is_reused(service: Service) -> None:
    """The other build is the test command: it pushes the very tag between this build's look and its own push."""
    repository = "shop/web"
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {"mediaType": "application/json", "size": 1, "digest": f"sha256:{'0' * 64}"},
            "layers": [{"mediaType": "application/json", "size": 1, "digest": f"sha256:{'0' * 64}"}],
        }
    )
    read = "import json, os; print(json.load(open(os.environ['TMPDIR'] + '/shipline/plan.json'))['images']['web'][0])"
    service.test = (
        f'tag=$(python3 -c "{read}") && '
        f"aws ecr put-image --repository-name {repository} --image-tag $tag --image-manifest '{manifest}'"
    )
    build = service.build()
    assert build["buildStatus"] == "SUCCEEDED", service.bench.log(build)
    (known,) = service.bench.client("ecr").describe_images(repositoryName=repository)["imageDetails"]
    web = service.release()["images"]["web"]
    assert (web["digest"], web["built"]) == (known["imageDigest"], False)
