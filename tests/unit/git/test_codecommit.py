"""CodeCommit's API: repositories, branches, commits."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.engine_rig import Rig, commit, engine_rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with engine_rig(tmp_path_factory.mktemp("codecommit")) as rig:
        yield rig


@pytest.fixture
def codecommit(rig: Rig) -> Iterator[Any]:
    client = rig.client("codecommit")
    yield client
    for repository in client.list_repositories()["repositories"]:
        client.delete_repository(repositoryName=repository["repositoryName"])


def test_a_repository_is_made_described_listed_and_deleted(rig: Rig, codecommit: Any) -> None:
    made = codecommit.create_repository(repositoryName="shop", repositoryDescription="d", tags={"a": "b"})
    metadata = made["repositoryMetadata"]
    assert metadata["cloneUrlHttp"] == f"{rig.home.endpoint_url}/v1/repos/shop"
    assert metadata["Arn"] == "arn:aws:codecommit:us-east-1:123456789012:shop"
    assert codecommit.get_repository(repositoryName="shop")["repositoryMetadata"] == metadata
    assert codecommit.list_tags_for_resource(resourceArn=metadata["Arn"])["tags"] == {"a": "b"}
    found = codecommit.batch_get_repositories(repositoryNames=["shop", "none"])
    assert found["repositoriesNotFound"] == ["none"]
    with pytest.raises(codecommit.exceptions.RepositoryNameExistsException):
        codecommit.create_repository(repositoryName="shop")
    assert codecommit.delete_repository(repositoryName="shop")["repositoryId"] == metadata["repositoryId"]
    assert codecommit.list_repositories()["repositories"] == []
    with pytest.raises(codecommit.exceptions.RepositoryDoesNotExistException):
        codecommit.get_repository(repositoryName="shop")


@pytest.mark.parametrize("name", ["..", "a.git"])
def test_names_that_git_or_folders_would_mistake_are_refused(codecommit: Any, name: str) -> None:
    with pytest.raises(codecommit.exceptions.InvalidRepositoryNameException):
        codecommit.create_repository(repositoryName=name)


def test_branches_and_commits_are_read_from_git(rig: Rig, codecommit: Any) -> None:
    made = commit(rig)
    branch = codecommit.get_branch(repositoryName="shop", branchName="main")["branch"]
    assert branch == {"branchName": "main", "commitId": made}
    found = codecommit.get_commit(repositoryName="shop", commitId=made)["commit"]
    assert (found["message"], found["author"]["date"]) == ('say "hello"\n', "1700000000 +0100")
    codecommit.create_branch(repositoryName="shop", branchName="other", commitId=made)
    assert set(codecommit.list_branches(repositoryName="shop")["branches"]) == {"main", "other"}
    with pytest.raises(codecommit.exceptions.BranchNameExistsException):
        codecommit.create_branch(repositoryName="shop", branchName="other", commitId=made)
    codecommit.delete_branch(repositoryName="shop", branchName="other")
    with pytest.raises(codecommit.exceptions.DefaultBranchCannotBeDeletedException):
        codecommit.delete_branch(repositoryName="shop", branchName="main")
    with pytest.raises(codecommit.exceptions.BranchDoesNotExistException):
        codecommit.get_branch(repositoryName="shop", branchName="other")
    with pytest.raises(codecommit.exceptions.CommitIdDoesNotExistException):
        codecommit.get_commit(repositoryName="shop", commitId="1" * 40)
    differences = codecommit.get_differences(repositoryName="shop", afterCommitSpecifier="main")["differences"]
    assert [(each["changeType"], each["afterBlob"]["path"]) for each in differences] == [("A", "README")]


def test_what_git_itself_does_is_left_to_git(codecommit: Any) -> None:
    with pytest.raises(codecommit.exceptions.ClientError, match="not available on this machine: use git itself"):
        codecommit.list_pull_requests(repositoryName="shop")
