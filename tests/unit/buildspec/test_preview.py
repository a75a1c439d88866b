"""The steps of a preview: whose commit it is, how its images are called, and what the functions are asked."""

import base64
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.unit.buildspec.conftest import HOST, Sources

DIGEST = f"sha256:{'ab' * 32}"
BUILD = "shop-previews:12345678-90ab-cdef-1234-567890abcdef"


@pytest.fixture
def preview(sources: Sources) -> Sources:
    sources.environ |= {
        "SHIPLINE_PREVIEW": "shop-preview",
        "CODEBUILD_BUILD_ID": BUILD,
        "CODEBUILD_WEBHOOK_TRIGGER": "pr/7",
    }
    return sources


def git(*arguments: str, cwd: Path) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    done = subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--allow-empty", "--message", "A change", cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder)


def invoked(sources: Sources, *answers: dict[str, object], error: bool = False) -> None:
    """The function answers with these, one after the other, and its requests are kept."""
    for number, answer in enumerate(answers):
        (sources.answers / f"answer-{number}").write_text(json.dumps(answer))
    meta = '{"StatusCode": 200, "FunctionError": "Unhandled"}' if error else '{"StatusCode": 200}'
    script = f"""
count=$(ls "$STAND_IN" | grep -c ^request-)
shift 2
while [ $# -gt 0 ]; do
  case "$1" in
    --payload) cp "${{2#fileb://}}" "$STAND_IN/request-$count"; out="$3"; shift 2 ;;
    *) shift ;;
  esac
done
last=$(ls "$STAND_IN" | grep -c ^answer-)
[ "$count" -lt "$last" ] || count=$((last - 1))
cp "$STAND_IN/answer-$count" "$out"
echo '{meta}'
"""
    sources.answer("invoke", script)


def requests(sources: Sources) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted(sources.answers.glob("request-*"))]


def test_a_commit_of_a_branch_is_the_repositorys_own_and_a_forks_is_not(preview: Sources, tmp_path: Path) -> None:
    origin, fork = tmp_path / "origin", tmp_path / "fork"
    git("init", "--quiet", "--initial-branch", "main", str(origin), cwd=tmp_path)
    first = commit(origin)
    git("clone", "--quiet", str(origin), str(fork), cwd=tmp_path)
    theirs = commit(fork)
    # As a host does it: a pull request's commit is there, under a name that is no branch's.
    git("fetch", "--quiet", str(fork), "HEAD:refs/pull/7/head", cwd=origin)
    git("branch", "preview/mine", cwd=origin)
    preview.environ["SHIPLINE_REPOSITORY"] = str(origin)
    assert preview.step("own", COMMIT_ID=first).returncode == 0
    for other in (theirs, "", first[:20]):
        ran = preview.step("own", COMMIT_ID=other)
        assert ran.returncode == 1
        assert "which gets no preview" in ran.stderr
    second = commit(origin)
    git("branch", "--force", "preview/mine", cwd=origin)
    assert "has moved on" in preview.step("own", COMMIT_ID=first).stderr
    assert preview.step("own", COMMIT_ID=second).returncode == 0


def test_a_repository_that_does_not_answer_is_no_proof(preview: Sources) -> None:
    ran = preview.step("own", COMMIT_ID="c0ffee", SHIPLINE_REPOSITORY=str(preview.root / "nothing.git"))
    assert ran.returncode == 1
    assert "cannot ask the repository" in ran.stderr


def test_images_are_tagged_with_the_pull_request_and_the_build(preview: Sources) -> None:
    preview.answer("build", "echo built")
    assert preview.step("plan").returncode == 0
    assert preview.step("build").returncode == 0
    (built,) = [line for line in preview.asked() if line.startswith("docker build")]
    assert f"--tag {HOST}/shop/web:pr-7-12345678-src-" in built


@pytest.mark.parametrize("said", ["main", "pr/", "pr/0", "pr/7/../8", "pr/12345678", "branch/pr/7", ""])
def test_a_build_of_no_pull_request_is_refused(preview: Sources, said: str) -> None:
    ran = preview.step("plan", CODEBUILD_WEBHOOK_TRIGGER="", CODEBUILD_SOURCE_VERSION=said)
    assert ran.returncode == 1
    assert "is no pull request" in ran.stderr


def test_what_was_released_is_deployed_until_it_is_healthy(preview: Sources) -> None:
    preview.answer("digest", f"echo {DIGEST}")
    preview.step("plan")
    preview.step("release")
    token = {"release": 1, "stage": "wait", "fence": 2, "mac": "m"}
    invoked(
        preview,
        {"state": "working", "said": "waits", "token": token},
        {"state": "healthy", "said": "all", "namespace": "shop-pr-7", "addresses": ["http://x.example"]},
    )
    ran = preview.step("preview")
    assert ran.returncode == 0, ran.stderr
    assert "address: http://x.example" in ran.stdout
    first, second = requests(preview)
    assert set(first) == {"build", "release"}
    assert (first["build"], second["token"]) == (BUILD, token)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(str(first["release"])))) as archive:
        assert archive.namelist() == ["release.json"]
    (asked,) = {line.partition(" --payload")[0] for line in preview.asked() if " lambda " in line}
    assert asked == "aws lambda invoke --function-name shop-preview"


def test_a_deployment_that_fails_fails_the_build_with_its_words(preview: Sources) -> None:
    preview.answer("digest", f"echo {DIGEST}")
    preview.step("plan")
    preview.step("release")
    invoked(preview, {"state": "failed", "said": "deployment web: crash loop"})
    ran = preview.step("preview")
    assert ran.returncode == 1
    assert "pull request 7 is not deployed: deployment web: crash loop" in ran.stderr


def test_nothing_is_deployed_when_the_build_has_failed(preview: Sources) -> None:
    ran = preview.step("preview", CODEBUILD_BUILD_SUCCEEDING="0")
    assert ran.returncode == 0
    assert preview.asked() == []


def test_the_end_of_a_pull_request_is_told_as_a_number(preview: Sources) -> None:
    invoked(preview, {"closed": [7]})
    assert preview.step("closed").returncode == 0
    assert requests(preview) == [{"close": 7}]


def test_a_function_that_fails_is_asked_again_and_then_given_up(preview: Sources) -> None:
    invoked(preview, {"errorMessage": "namespace shop-pr-7 is no preview"}, error=True)
    ran = preview.step("closed")
    assert ran.returncode == 1
    assert "failed 2 times: namespace shop-pr-7 is no preview" in ran.stderr
    assert len(requests(preview)) == 2


def test_the_steps_are_for_projects_of_previews(sources: Sources) -> None:
    for step in ("preview", "closed"):
        ran = sources.step(step)
        assert ran.returncode == 1
        assert "this step runs in the projects of previews" in ran.stderr
