"""Builds of CodePipeline's own: commands without a project, with the credentials of whoever asks."""

import io
import zipfile
from typing import Any

from local.codebuild.compute import Managed
from local.context import Credentials
from tests.unit.codebuild.conftest import BUCKET, Workbench, phase

HANDS = Credentials("ASIAACTIONACTIONACTI", "action-secret-key", "action-session-token")


def stored(bench: Workbench, key: str, **files: str) -> str:
    """The ARN of a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    bench.client("s3").put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())
    return f"arn:aws:s3:::{BUCKET}/{key}"


def run(bench: Workbench, *commands: str, **more: Any) -> dict[str, Any]:
    wanted = {
        "name": "codepipeline-shop-Build-lint",
        "role": "arn:aws:iam::123456789012:role/nobody-takes-this",
        "logGroup": "/aws/codepipeline/shop",
        "commands": list(commands),
        "variables": [],
        "exported": [],
        "files": ["**/*"],
        "inputs": {"Source": stored(bench, "shop/Source/a.zip", greeting="hello")},
        "outputs": {},
        **more,
    }
    return bench.wait(Managed(bench.service.builds, bench.home).start(wanted, HANDS)["id"])


def test_commands_run_in_one_shell_and_hand_on_variables_and_files(bench: Workbench) -> None:
    build = run(
        bench,
        'export SAID="$(cat greeting) $NAME, $(cat "$CODEBUILD_SRC_DIR_pages_files/page")"',
        "mkdir out && cd out",
        "echo $SAID > said",
        inputs={
            "Source": stored(bench, "shop/Source/a.zip", greeting="hello"),
            "pages_files": stored(bench, "shop/pages_file/b", page="one"),
        },
        variables=[{"name": "NAME", "value": "you", "type": "PLAINTEXT"}],
        exported=["SAID"],
        files=["out/*"],
        outputs={"lint_files": f"arn:aws:s3:::{BUCKET}/shop/lint_files/c"},
    )
    assert build["buildStatus"] == "SUCCEEDED", bench.log(build)
    assert build["exportedEnvironmentVariables"] == [{"name": "SAID", "value": "hello you, one"}]
    body = bench.client("s3").get_object(Bucket=BUCKET, Key="shop/lint_files/c")["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(body)).read("out/said") == b"hello you, one\n"


def test_it_works_with_the_hands_it_is_given_and_logs_to_the_pipelines_group(bench: Workbench) -> None:
    build = run(bench, 'test "$AWS_ACCESS_KEY_ID" = ASIAACTIONACTIONACTI', "echo action-secret-key")
    assert build["buildStatus"] == "SUCCEEDED", bench.log(build)
    assert bench.identity.assumed == []
    assert build["logs"]["groupName"] == "/aws/codepipeline/shop"
    assert "action-secret-key" not in bench.log(build).replace("echo action-secret-key", "")
    assert build["timeoutInMinutes"] == 55


def test_the_first_command_that_fails_fails_it(bench: Workbench) -> None:
    build = run(bench, "exit 3", "touch later")
    assert build["buildStatus"] == "FAILED"
    assert "exit 3" in phase(build, "BUILD")["contexts"][0]["message"]
    assert "touch later" not in bench.log(build)
