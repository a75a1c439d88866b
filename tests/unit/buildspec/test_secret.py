"""Secrets of an image's build: where they are read, what docker is given, and that nothing else ever has them."""

import json
from pathlib import Path

import pytest

from tests.unit.buildspec.conftest import HOST, Sources

VALUE = "s3cret-value"
ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/npm-AbCdEf"
# What the engine does: it looks at the file that it is told of, and says what a Dockerfile might say.
LOOK = """\
for each in "$@"; do case "$each" in id=*) src="${each##*src=}" ;; esac; done
stat -c %a "$src" > "$STAND_IN/mode"; stat -c %a "$(dirname "$src")" >> "$STAND_IN/mode"
cp "$src" "$STAND_IN/seen"; echo "token is $(cat "$src")"
"""


def with_secrets(sources: Sources, **secrets: str) -> None:
    image = {"repository": f"{HOST}/shop/web", "context": "app/web", "dockerfile": "Dockerfile", "args": {}}
    sources.environ["SHIPLINE_IMAGES"] = json.dumps({"web": {**image, "secrets": secrets}})


def left_behind(sources: Sources) -> list[Path]:
    """Files of this build that hold the value, less the engine's own notes and what Secrets Manager answers."""
    own = {sources.answers / name for name in ("seen", "secret")}
    files = [path for path in sources.root.parent.rglob("*") if path.is_file() and path not in own]
    return [path for path in files if VALUE.encode() in path.read_bytes()]


def test_docker_alone_gets_the_value_and_its_file_is_gone_afterwards(sources: Sources) -> None:
    with_secrets(sources, **{"npm-token": "shop/npm"})
    sources.answer("secret", f"printf %s '\"{VALUE}\\n\"'")
    sources.answer("build", LOOK)
    assert sources.step("plan").returncode == 0
    ran = sources.step("build")
    assert ran.returncode == 0, ran.stderr
    assert (sources.answers / "seen").read_text() == f"{VALUE}\n"
    assert (sources.answers / "mode").read_text().split() == ["600", "700"]
    assert "web | token is ***" in ran.stdout
    (asked,) = [line for line in sources.asked() if line.startswith("docker build")]
    assert "--secret id=npm-token,src=" in asked
    assert "DOCKER_BUILDKIT=1" in (sources.answers / "environ").read_text()
    assert VALUE not in ran.stdout + ran.stderr
    assert left_behind(sources) == []
    assert list((sources.root.parent / "tmp" / "shipline").glob("secrets-*")) == []


def test_the_file_is_gone_after_a_build_that_failed_too(sources: Sources) -> None:
    with_secrets(sources, **{"npm-token": "shop/npm"})
    sources.answer("secret", f"echo '\"{VALUE}\"'")
    sources.answer("build", LOOK + "exit 1")
    sources.step("plan")
    ran = sources.step("build")
    assert ran.returncode == 1
    assert "the image web does not build" in ran.stderr
    assert "token is ***" in ran.stderr
    assert left_behind(sources) == []


@pytest.mark.parametrize(
    ("reference", "asked"),
    [
        ("shop/npm", "secretsmanager get-secret-value --secret-id shop/npm --query SecretString"),
        ("shop/npm:token", "secretsmanager get-secret-value --secret-id shop/npm --query SecretString"),
        (f"{ARN}:token", f"secretsmanager get-secret-value --secret-id {ARN} --region eu-central-1 --query"),
        ("ssm:/shop/npm", "ssm get-parameter --with-decryption --name /shop/npm --query Parameter.Value"),
    ],
)
def test_a_value_is_read_where_its_reference_says(reference: str, asked: str, sources: Sources) -> None:
    with_secrets(sources, **{"npm-token": reference})
    value = json.dumps({"token": VALUE}) if reference.endswith(":token") else VALUE
    (sources.answers / "value").write_text(json.dumps(value))
    sources.answer("secret", 'cat "$STAND_IN/value"')
    sources.answer("build", LOOK)
    sources.step("plan")
    ran = sources.step("build")
    assert ran.returncode == 0, ran.stderr
    assert any(line.startswith(f"aws {asked}") for line in sources.asked()), sources.asked()
    assert (sources.answers / "seen").read_text() == VALUE


@pytest.mark.parametrize(
    ("reference", "answer", "said"),
    [
        ("shop/npm", "echo 'An error occurred (AccessDeniedException): no' >&2; exit 254", "AccessDeniedException"),
        ("shop/npm", "echo null", "holds bytes"),
        ("shop/npm", "echo '\"\"'", "is empty"),
        ("shop/npm:token", f"echo '\"{VALUE}\"'", "is no JSON object with the key token"),
        ("shop/npm:token", f'echo \'"[\\"{VALUE}\\"]"\'', "is no JSON object with the key token"),
    ],
)
def test_a_secret_that_cannot_be_read_is_named_and_nothing_is_built(
    reference: str, answer: str, said: str, sources: Sources
) -> None:
    with_secrets(sources, **{"npm-token": reference})
    sources.answer("secret", answer)
    sources.answer("build", "true")
    sources.step("plan")
    ran = sources.step("build")
    assert ran.returncode == 1
    assert f"the image web is not built: the secret npm-token ({reference})" in ran.stderr
    assert said in ran.stderr
    assert VALUE not in ran.stdout + ran.stderr
    assert not any(line.startswith("docker") for line in sources.asked())


def test_the_image_is_named_by_the_reference_and_not_by_the_value(sources: Sources) -> None:
    def tag(**secrets: str) -> str:
        with_secrets(sources, **secrets)
        sources.answer("secret", "exit 1")  # the plan asks for no value
        (line,) = sources.step("plan").stdout.splitlines()
        return line.partition(":src-")[2].partition(" ")[0]

    tags = [tag(), tag(npm="shop/npm"), tag(npm="shop/other"), tag(pip="shop/npm")]
    assert len(set(tags)) == 4
    assert tag(npm="shop/npm") == tags[1]
    assert not any("secret" in line for line in sources.asked())
