"""A release's commit: made once, under the head, whoever else pushes; found again; never beside its folder."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deployer.bump.references import Image
from deployer.errors import Fatal, Superseded, Unavailable
from deployer.gitops.commit import TRIES, Made, Repository, Wanted, ensure, newest
from deployer.gitops.files import Change, changes, differences, digest
from deployer.gitops.message import Mark, read, written
from deployer.gitops.place import Place
from deployer.gitops.repository import CodeCommit, Moved
from tests.support.config_repository import InMemory
from tests.support.delivery import HOST
from tests.support.engine_rig import Rig, engine_rig

PLACE = Place("config", "main", "envs/dev", "argocd", "shop-dev", "argocd")
KUSTOMIZATION = f"images:\r\n  - name: {HOST}/shop/web # the shop\r\n    newTag: v1\r\n"
HELM = f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec: {{values: {{image: {{repository: {HOST}/shop/api, tag: "1"}}}}}}
"""
FILES = {
    "envs/dev/kustomization.yaml": KUSTOMIZATION,
    "envs/dev/apps/api.yml": HELM,
    "envs/dev/values.yaml": f"web: {{image: '{HOST}/shop/web:1'}}\n",
    "envs/dev/notes.txt": f"{HOST}/shop/web:1\n",
    "envs/prod/kustomization.yaml": KUSTOMIZATION,
}


def image(name: str, letter: str) -> Image:
    return Image(name, f"{HOST}/shop/{name}", "t", f"sha256:{letter * 64}")


def wanted(number: int = 7, letter: str = "a", restores: int = 0, attempt: str = "one") -> Wanted:
    images = {"web": image("web", letter), "api": image("api", chr(ord(letter) + 2))}
    mark = Mark("shop", "dev", number, f"execution-{number}", attempt, restores)
    return Wanted(mark, images, "c0ffee", "Mend the basket\n\nmore")


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with engine_rig(tmp_path_factory.mktemp("gitops")) as rig:
        yield rig


def codecommit(rig: Rig) -> CodeCommit:
    client = rig.client("codecommit")
    client.delete_repository(repositoryName="config")
    client.create_repository(repositoryName="config")
    files = [{"filePath": path, "fileContent": text.encode()} for path, text in FILES.items()]
    client.create_commit(repositoryName="config", branchName="main", putFiles=files, commitMessage="first")
    return CodeCommit(client, PLACE)


@pytest.fixture(params=["codecommit", "in memory"])
def repository(request: pytest.FixtureRequest) -> Any:
    if request.param == "in memory":
        return InMemory(PLACE, FILES)
    return codecommit(request.getfixturevalue("rig"))


def test_one_commit_has_all_digests_and_no_other_byte_is_another(repository: Repository) -> None:
    first = repository.head()
    before = repository.files(first)
    assert set(before) == {path for path in FILES if path.startswith("envs/dev/") and not path.endswith(".txt")}
    made = ensure(repository, wanted())
    assert made == Made(
        repository.head(), ("envs/dev/apps/api.yml", "envs/dev/kustomization.yaml", "envs/dev/values.yaml")
    )
    commit = repository.commit(made.commit)
    assert commit
    assert commit.parents == (first,)
    assert read(commit.message) == wanted().mark
    after = {path: file.text for path, file in repository.files(made.commit).items()}
    pin, other = (f"sha256:{letter * 64}" for letter in "ac")
    assert after["envs/dev/kustomization.yaml"] == KUSTOMIZATION.replace("newTag: v1", f"digest: {pin}")
    assert after["envs/dev/apps/api.yml"] == HELM.replace('"1"', f'"t@{other}"')
    assert after["envs/dev/values.yaml"] == f"web: {{image: '{HOST}/shop/web@{pin}'}}\n"


def test_what_is_there_is_not_committed_again_and_its_commit_is_found(repository: Repository) -> None:
    made = ensure(repository, wanted())
    assert ensure(repository, wanted(attempt="two")) == Made(made.commit)
    assert ensure(repository, wanted(8)) == Made("")  # the same images, brought by another release
    assert repository.head() == made.commit


def test_what_a_commit_would_do_outside_of_its_folder_is_refused(rig: Rig) -> None:
    repository = codecommit(rig)
    path = "envs/prod/kustomization.yaml"
    with pytest.raises(Fatal, match=rf"{path} would be changed, outside of it"):
        repository.write(repository.head(), {path: Change(path, "", "x", "NORMAL")}, "m")


def test_a_commit_under_a_head_that_has_moved_is_not_made(repository: Repository) -> None:
    first, path = repository.head(), "envs/dev/values.yaml"
    made = ensure(repository, wanted())
    with pytest.raises(Moved):
        repository.write(first, {path: Change(path, "", "x: 1\n", "NORMAL")}, "late")
    assert repository.head() == made.commit


def test_a_repository_or_branch_that_is_not_there_is_told(rig: Rig) -> None:
    codecommit(rig)
    for place, code in (
        (Place("none", "main", ".", "flux", "a", "b"), "RepositoryDoesNotExistException"),
        (Place("config", "none", ".", "flux", "a", "b"), "BranchDoesNotExistException"),
    ):
        with pytest.raises(Fatal, match=f"configuration repository {place.repository}: {code}"):
            CodeCommit(rig.client("codecommit"), place).head()


def memory() -> InMemory:
    return InMemory(PLACE, FILES)


def pushes(repository: InMemory, times: int) -> Callable[[], object]:
    left = iter(range(times))
    return lambda: repository.push({"README": str(number)}) if (number := next(left, None)) is not None else None


def test_who_pushed_meanwhile_is_built_upon() -> None:
    repository = memory()
    repository.meanwhile = pushes(repository, 3)
    made = ensure(repository, wanted(), sleep=lambda seconds: None)
    assert repository.trees[made.commit]["README"] == "2"
    assert "README" not in made.changed


def test_a_branch_that_never_rests_is_given_up_after_some_tries() -> None:
    repository = memory()
    repository.meanwhile = pushes(repository, TRIES)
    with pytest.raises(Unavailable, match=f"moved {TRIES} times"):
        ensure(repository, wanted(), sleep=lambda seconds: None)


def test_two_deliveries_of_one_job_make_one_commit() -> None:
    repository = memory()
    others: list[Made] = []

    def other() -> None:
        repository.meanwhile = lambda: None
        others.append(ensure(repository, wanted()))

    repository.meanwhile = other
    made = ensure(repository, wanted(), sleep=lambda seconds: None)
    assert made.commit == others[0].commit == repository.head()
    assert made.changed == ()


def test_an_older_release_never_overwrites_a_newer_one() -> None:
    repository = memory()
    newer = ensure(repository, wanted(8, "b")).commit
    with pytest.raises(Superseded, match=f"release 8, whose commit {newer[:12]}"):
        ensure(repository, wanted(7))
    back = ensure(repository, wanted(9, "a", restores=7))
    assert newest(repository, repository.head(), wanted().mark) == (back.commit, wanted(9, restores=7).mark)


def test_a_folder_that_names_no_image_of_the_release_is_refused() -> None:
    with pytest.raises(Fatal, match=r"none of its 1 YAML files names an image of the release: .*shop/api, .*shop/web"):
        ensure(InMemory(PLACE, {"envs/dev/a.yaml": "kind: A\n"}), wanted())


def test_an_image_that_no_file_names_is_told() -> None:
    repository = InMemory(PLACE, {"envs/dev/kustomization.yaml": KUSTOMIZATION})
    assert ensure(repository, wanted()).missing == ("api",)


def test_a_plan_is_named_by_its_lines_wherever_they_stand() -> None:
    files = repository_changes(FILES)
    moved = repository_changes({**FILES, "envs/dev/kustomization.yaml": "# one more line\r\n" + KUSTOMIZATION})
    assert digest(files) == digest(moved)
    assert digest(files) != digest(repository_changes(FILES, "b"))
    assert [line for line in differences(files) if line.startswith("-") and "newTag" in line] == ["-    newTag: v1"]
    assert "the shop" not in "".join(differences(files))


def repository_changes(files: dict[str, str], letter: str = "a") -> dict[str, Change]:
    repository = InMemory(PLACE, files)
    return changes(repository.files(repository.head()), wanted(letter=letter).images)


def test_a_message_is_for_people_first_and_is_read_by_its_last_paragraph_alone() -> None:
    mark = wanted(9, restores=7).mark
    text = written(mark, wanted().images, "c0ffee", "Quote\n\nShipline-Release: shop/dev/99")
    assert text.splitlines()[0] == "Release 9 of shop failed in dev: back to release 7"
    assert "Source: c0ffee Quote" in text
    assert read(text) == mark
    assert read(f"{text}\n\nSigned-off-by: me") is None
    assert read("") is read("Shipline-Release: 7") is None
