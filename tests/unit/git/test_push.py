"""A real git against the machine's CodeCommit over HTTP, with the AWS CLI's own credential helper."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.context import Credentials
from local.git.command import EMPTY
from local.git.credentials import Rejected, parse, signature, verify
from tests.support.engine_rig import Rig, engine_rig

BIN = Path(sys.executable).parent
HELPER = f"!{BIN / 'aws'} codecommit credential-helper --ignore-host-check $@"
ARN = "arn:aws:codecommit:us-east-1:123456789012:shop"


class Listener:
    """What EventBridge hears of CodeCommit."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def publish(self, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
        self.heard.append({"source": source, "type": detail_type, "resources": resources, "detail": detail})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with engine_rig(tmp_path_factory.mktemp("git")) as rig:
        yield rig


@dataclass
class Checkout:
    folder: Path
    url: str
    environ: dict[str, str]

    def git(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        options = ["-c", f"credential.helper={HELPER}", "-c", "credential.UseHttpPath=true", "-c", "user.name=A"]
        done = subprocess.run(
            ["git", *options, "-c", "user.email=a@b", *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def commit(self, name: str, content: bytes = b"text\n") -> str:
        (self.folder / name).write_bytes(content)
        self.git("add", name)
        self.git("commit", "-q", "-m", f"Add {name}")
        return self.git("rev-parse", "HEAD").stdout.strip()


def environment(rig: Rig, credentials: Credentials) -> dict[str, str]:
    environ = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(rig.home.root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "no_proxy": "127.0.0.1",
    }
    if credentials.session_token:
        environ["AWS_SESSION_TOKEN"] = credentials.session_token
    return environ


@pytest.fixture
def owner(shared: Rig) -> Credentials:
    return Credentials(shared.home.addresses.access_key, shared.home.addresses.secret_key, "")


@pytest.fixture
def heard(shared: Rig, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    listener = Listener()
    monkeypatch.setattr(shared.bus, "publish", listener.publish)
    return listener.heard


@pytest.fixture
def checkout(shared: Rig, owner: Credentials, tmp_path: Path) -> Iterator[Checkout]:
    made = shared.client("codecommit").create_repository(repositoryName="shop")["repositoryMetadata"]
    work = Checkout(tmp_path, made["cloneUrlHttp"], environment(shared, owner))
    work.git("init", "-q", "-b", "main")
    yield work
    shared.client("codecommit").delete_repository(repositoryName="shop")


class TestPush:
    def test_a_push_is_announced_once_per_reference(
        self, shared: Rig, checkout: Checkout, heard: list[dict[str, Any]]
    ) -> None:
        first = checkout.commit("a")
        checkout.git("tag", "v1")
        checkout.git("push", "-q", checkout.url, "main", "v1")
        shared.until(lambda: len(heard) == 2, "two events")
        event = next(each for each in heard if each["detail"]["referenceType"] == "branch")
        assert event == {
            "source": "aws.codecommit",
            "type": "CodeCommit Repository State Change",
            "resources": [ARN],
            "detail": {
                "callerUserArn": "arn:aws:iam::123456789012:root",
                "event": "referenceCreated",
                "commitId": first,
                "referenceFullName": "refs/heads/main",
                "referenceName": "main",
                "referenceType": "branch",
                "repositoryId": event["detail"]["repositoryId"],
                "repositoryName": "shop",
            },
        }
        assert {each["detail"]["referenceName"] for each in heard} == {"main", "v1"}
        heard.clear()
        second = checkout.commit("b")
        checkout.git("push", "-q", checkout.url, "main")
        shared.until(lambda: heard, "the event")
        detail = heard[0]["detail"]
        assert (detail["event"], detail["commitId"], detail["oldCommitId"]) == ("referenceUpdated", second, first)

    def test_a_push_of_nothing_new_is_not_announced(
        self, shared: Rig, checkout: Checkout, heard: list[dict[str, Any]]
    ) -> None:
        checkout.commit("a")
        checkout.git("push", "-q", checkout.url, "main")
        shared.until(lambda: heard, "the event")
        checkout.git("push", "-q", checkout.url, "main")
        checkout.git("ls-remote", checkout.url)
        assert len(heard) == 1

    def test_a_deleted_branch_is_announced(self, shared: Rig, checkout: Checkout, heard: list[dict[str, Any]]) -> None:
        checkout.commit("a")
        checkout.git("push", "-q", checkout.url, "main", "main:other")
        checkout.git("push", "-q", checkout.url, ":other")
        shared.until(lambda: len(heard) == 3, "three events")
        assert heard[2]["detail"]["event"] == "referenceDeleted"
        assert heard[2]["detail"]["referenceName"] == "other"

    def test_a_big_push_arrives_whole(self, shared: Rig, checkout: Checkout, tmp_path: Path) -> None:
        """More than git's postBuffer, so that it comes in chunks."""
        content = os.urandom(12 * 1024 * 1024)
        checkout.commit("big", content)
        checkout.git("push", "-q", checkout.url, "main")
        clone = tmp_path / "clone"
        checkout.git("clone", "-q", checkout.url, str(clone))
        assert (clone / "big").read_bytes() == content

    def test_compressed_requests_are_read(self, shared: Rig, checkout: Checkout, tmp_path: Path) -> None:
        """git compresses what it wants and has, once there is much of it."""
        for number in range(40):
            checkout.git("commit", "-q", "--allow-empty", "-m", f"{number}")
            checkout.git("branch", f"b{number}")
        checkout.git("push", "-q", checkout.url, "--all")
        clone = tmp_path / "clone"
        checkout.git("clone", "-q", checkout.url, str(clone))
        checkout.commit("more")
        checkout.git("push", "-q", checkout.url, "main")
        checkout.git("-C", str(clone), "-c", "protocol.version=0", "fetch", "-q")

    def test_the_first_branch_becomes_the_default(self, shared: Rig, checkout: Checkout) -> None:
        checkout.commit("a")
        checkout.git("push", "-q", checkout.url, "main:trunk")
        codecommit = shared.client("codecommit")
        shared.until(
            lambda: (
                codecommit.get_repository(repositoryName="shop")["repositoryMetadata"].get("defaultBranch") == "trunk"
            ),
            "the default branch",
        )


class TestRights:
    def test_a_role_needs_pull_and_push_of_its_own(self, shared: Rig, checkout: Checkout) -> None:
        checkout.commit("a")
        checkout.git("push", "-q", checkout.url, "main")
        shared.role("reader", {"Service": "test.amazonaws.com"}, {"Action": "codecommit:GitPull", "Resource": ARN})
        credentials = shared.authority.assume_as_service(
            "arn:aws:iam::123456789012:role/reader", "test.amazonaws.com", "someone"
        )
        checkout.environ = environment(shared, credentials)
        checkout.git("ls-remote", checkout.url)
        checkout.commit("b")
        refused = checkout.git("push", checkout.url, "main", check=False)
        assert refused.returncode != 0
        assert "is not authorized to perform: codecommit:GitPush" in refused.stderr

    def test_a_wrong_secret_is_refused(self, shared: Rig, checkout: Checkout, owner: Credentials) -> None:
        checkout.environ = environment(shared, Credentials(owner.access_key, "wrong", ""))
        refused = checkout.git("ls-remote", checkout.url, check=False)
        assert refused.returncode != 0
        assert "403" in refused.stderr

    def test_a_repository_that_is_not_there_is_not_found(self, shared: Rig, checkout: Checkout) -> None:
        refused = checkout.git("ls-remote", checkout.url + "x", check=False)
        assert "not found" in refused.stderr


class TestCredentials:
    def sent(self, path: str = "/v1/repos/shop", stamp: str = "20260101T000000") -> str:
        password = f"{stamp}Z{signature('AKIA', 'secret', stamp, path, '127.0.0.1:4566', 'us-east-1')}"
        return "Basic " + base64.b64encode(f"AKIA:{password}".encode()).decode()

    def check(self, authorization: str, now: float, path: str = "/v1/repos/shop") -> None:
        verify(parse(authorization), path, "127.0.0.1:4566", "us-east-1", lambda key, token: "secret", now)

    def test_a_true_signature_passes_within_a_quarter_of_an_hour(self) -> None:
        now = 1767225600.0  # 2026-01-01T00:00:00Z
        self.check(self.sent(), now)
        self.check(self.sent(), now + 890)
        with pytest.raises(Rejected, match="expired"):
            self.check(self.sent(), now + 910)

    def test_it_holds_for_its_own_path_alone(self) -> None:
        with pytest.raises(Rejected, match="does not match"):
            self.check(self.sent(), 1767225600.0, "/v1/repos/other")

    def test_an_unknown_key_is_refused(self) -> None:
        with pytest.raises(Rejected, match="not known"):
            verify(parse(self.sent()), "/v1/repos/shop", "h", "us-east-1", lambda *_: None, 1767225600.0)

    @pytest.mark.parametrize("text", ["", "Bearer x", "Basic !!!", "Basic YQ==", "Basic " + "YTpi"])
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(Rejected):
            self.check(text, time.time())


class TestSpool:
    def test_a_push_that_a_kill_left_untold_is_told_at_the_next_start(
        self, shared: Rig, checkout: Checkout, heard: list[dict[str, Any]]
    ) -> None:
        (git_part,) = [part for part in shared.parts if type(part).__name__ == "CodeCommit"]
        left = shared.home.git / ".received" / "left"
        left.write_text(f"shop\narn:aws:iam::123456789012:root\n{EMPTY} {'a' * 40} refs/heads/main\n")
        (shared.home.git / ".received" / "half.part").write_text("shop\n")
        git_part.start()
        assert [each["detail"]["commitId"] for each in heard] == ["a" * 40]
        assert list((shared.home.git / ".received").iterdir()) == []
