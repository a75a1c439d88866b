"""CodeCommit's API for files: what boto3 reads and commits, and what git itself then finds."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.git.command import git
from local.git.repositories import Repositories
from tests.support.engine_rig import Rig, engine_rig

FIRST = [
    {"filePath": "envs/dev/web.yaml", "fileContent": b"image: a\r\n"},
    {"filePath": "envs/dev/base/x.bin", "fileContent": bytes(range(256))},
    {"filePath": "run.sh", "fileContent": b"#!/bin/sh\n", "fileMode": "EXECUTABLE"},
    {"filePath": "link", "fileContent": b"run.sh", "fileMode": "SYMLINK"},
]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with engine_rig(tmp_path_factory.mktemp("files")) as rig:
        yield rig


class Repository:
    """A repository with one commit, and short words for the calls."""

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name
        client.create_repository(repositoryName=name)
        made = client.create_commit(repositoryName=name, branchName="main", putFiles=FIRST, authorName="Ann")
        self.first: str = made["commitId"]
        self.added = sorted(each["absolutePath"] for each in made["filesAdded"])

    def commit(self, parent: str | None = None, **changes: Any) -> dict[str, Any]:
        told = {"repositoryName": self.name, "branchName": "main", "parentCommitId": parent or self.first, **changes}
        return dict(self.client.create_commit(**{key: value for key, value in told.items() if value != ""}))

    def refused(self, **changes: Any) -> str:
        with pytest.raises(ClientError) as caught:
            self.commit(**changes)
        return str(caught.value.response["Error"]["Code"])

    def file(self, path: str, at: str = "main") -> dict[str, Any]:
        return dict(self.client.get_file(repositoryName=self.name, commitSpecifier=at, filePath=path))


@pytest.fixture(scope="module")
def repository(rig: Rig) -> Repository:
    """For tests that change nothing."""
    return Repository(rig.client("codecommit"), "config")


@pytest.fixture
def changing(rig: Rig) -> Iterator[Repository]:
    client = rig.client("codecommit")
    yield Repository(client, "changing")
    client.delete_repository(repositoryName="changing")


def put(path: str, content: bytes = b"new\n", **more: Any) -> dict[str, Any]:
    return {"filePath": path, "fileContent": content, **more}


def test_folders_and_files_are_read_as_git_has_them(repository: Repository) -> None:
    assert repository.added == ["envs/dev/base/x.bin", "envs/dev/web.yaml", "link", "run.sh"]
    found = repository.file("envs/dev/base/x.bin", repository.first)
    assert (found["fileContent"], found["fileSize"], found["fileMode"]) == (bytes(range(256)), 256, "NORMAL")
    client = repository.client
    assert client.get_blob(repositoryName="config", blobId=found["blobId"])["content"] == bytes(range(256))
    root = client.get_folder(repositoryName="config", folderPath="")
    assert [(each["absolutePath"], each["fileMode"]) for each in root["files"]] == [("run.sh", "EXECUTABLE")]
    assert [each["absolutePath"] for each in root["symbolicLinks"]] == ["link"]
    assert [each["absolutePath"] for each in root["subFolders"]] == ["envs"]
    folder = client.get_folder(repositoryName="config", commitSpecifier="refs/heads/main", folderPath="envs/dev")
    assert folder["commitId"] == repository.first
    assert [(each["absolutePath"], each["relativePath"]) for each in folder["files"]] == [
        ("envs/dev/web.yaml", "web.yaml")
    ]
    assert [each["absolutePath"] for each in folder["subFolders"]] == ["envs/dev/base"]


def test_a_commit_is_one_that_git_reads_and_eventbridge_hears_of(rig: Rig, changing: Repository) -> None:
    made = changing.commit(
        putFiles=[put("envs/dev/web.yaml"), put("a/b.yaml")],
        deleteFiles=[{"filePath": "link"}],
        setFileModes=[{"filePath": "run.sh", "fileMode": "NORMAL"}],
        authorName="Shipline",
        commitMessage="Release 7\n\nShipline-Release: 7\n",
    )
    told = {key: [each["absolutePath"] for each in made[key]] for key in made if key.startswith("files")}
    assert told == {
        "filesAdded": ["a/b.yaml"],
        "filesUpdated": ["envs/dev/web.yaml", "run.sh"],
        "filesDeleted": ["link"],
    }
    folder = Repositories(rig.home).folder("changing")
    assert git(folder, "log", "-1", "--format=%an|%P|%B", "main").strip() == (
        f"Shipline|{changing.first}|Release 7\n\nShipline-Release: 7"
    )
    assert git(folder, "ls-tree", "-r", "--name-only", "main").split() == [
        "a/b.yaml", "envs/dev/base/x.bin", "envs/dev/web.yaml", "run.sh",
    ]  # fmt: skip
    git(folder, "fsck", "--strict")
    assert changing.file("run.sh")["fileMode"] == "NORMAL"


def test_only_one_of_two_commits_with_the_same_parent_is_made(changing: Repository) -> None:
    second = changing.commit(putFiles=[put("a.yaml")])["commitId"]
    assert changing.refused(putFiles=[put("b.yaml")]) == "ParentCommitIdOutdatedException"
    moved = changing.commit(
        second, putFiles=[{"filePath": "c.yaml", "sourceFile": {"filePath": "a.yaml", "isMove": True}}]
    )
    assert [each["absolutePath"] for each in moved["filesDeleted"]] == ["a.yaml"]
    assert changing.file("c.yaml")["fileContent"] == b"new\n"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"putFiles": [put("envs/dev/web.yaml", b"image: a\r\n")]}, "NoChangeException"),
        ({}, "FileEntryRequiredException"),
        ({"putFiles": [put(f"{n}.yaml") for n in range(101)]}, "MaximumFileEntriesExceededException"),
        ({"putFiles": [put("../x")]}, "InvalidPathException"),
        ({"putFiles": [put("x"), put("x")]}, "SamePathRequestException"),
        ({"putFiles": [put("envs")]}, "FileNameConflictsWithDirectoryNameException"),
        ({"putFiles": [put("run.sh/x")]}, "DirectoryNameConflictsWithFileNameException"),
        ({"putFiles": [{"filePath": "x"}]}, "SourceFileOrContentRequiredException"),
        ({"deleteFiles": [{"filePath": "none"}]}, "FileDoesNotExistException"),
        ({"putFiles": [put("x")], "parent": "1" * 40}, "ParentCommitDoesNotExistException"),
        ({"putFiles": [put("x")], "parent": "abc"}, "InvalidParentCommitIdException"),
        ({"putFiles": [put("x")], "branchName": "other"}, "BranchDoesNotExistException"),
        ({"putFiles": [put("x")], "parentCommitId": ""}, "ParentCommitIdRequiredException"),
    ],
)
def test_what_codecommit_refuses_is_refused_in_its_words(
    repository: Repository, changes: dict[str, Any], code: str
) -> None:
    assert repository.refused(**changes) == code


@pytest.mark.parametrize(
    ("operation", "told", "code"),
    [
        ("get_file", {"filePath": "none"}, "FileDoesNotExistException"),
        ("get_file", {"filePath": "envs"}, "FileDoesNotExistException"),
        ("get_file", {"filePath": "run.sh", "commitSpecifier": "none"}, "CommitDoesNotExistException"),
        ("get_folder", {"folderPath": "none"}, "FolderDoesNotExistException"),
        ("get_folder", {"folderPath": "run.sh"}, "FolderDoesNotExistException"),
        ("get_blob", {"blobId": "1" * 40}, "BlobIdDoesNotExistException"),
    ],
)
def test_what_is_not_there_is_told_by_its_code(
    repository: Repository, operation: str, told: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(repository.client, operation)(repositoryName="config", **told)
    assert caught.value.response["Error"]["Code"] == code
