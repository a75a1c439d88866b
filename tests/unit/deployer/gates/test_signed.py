"""A release that a build has signed, before the gate: as it was made, and as somebody would like to have it."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from deployer.artifact import unpack
from deployer.bump.references import Image
from deployer.desired import Desired
from deployer.errors import Fatal, Unavailable
from deployer.gates.kms import KmsSignatures
from deployer.gates.signature import ANNOTATION, payload, tag_of
from deployer.gates.signed import pass_signatures
from deployer.prepare import prepare
from deployer.release import Release, read_release
from deployer.target import Sign, Target
from tests.support.signing import BUILDER, HOST, REGION, SOURCE, Account, body, signing_account, zipped
from tools.shipline_build import kms, provenance

REPOSITORIES = {name: f"{HOST}/shop/{name}" for name in ("web", "api")}
CHART = f"{HOST}/shop/charts/forum"
FILES = {"manifests/web.yaml": "kind: Deployment\n", "manifests/.sops.yaml": "hidden: true\n"}


@dataclass
class Signed:
    account: Account
    key: str
    digests: dict[str, str]
    artifact: Path
    sign: Sign

    @property
    def signatures(self) -> KmsSignatures:
        return KmsSignatures(self.account.ecr, self.account.kms, self.key)

    def release(self, folder: Path) -> Release:
        return read_release(folder, "shop", REPOSITORIES)

    def manifest(self, name: str) -> Any:
        return json.loads(self.signatures.of(self.release(self.artifact).images[name]) or "{}")

    def put(self, name: str, tag: str, manifest: Any) -> None:
        self.account.ecr.put_image(repositoryName=f"shop/{name}", imageManifest=json.dumps(manifest), imageTag=tag)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    with signing_account(tmp_path_factory.mktemp("account")) as account:
        key = account.key()
        digests = {name: account.image(name, name)[1] for name in REPOSITORIES}
        made = account.build(key, digests, FILES)
        artifact = tmp_path_factory.mktemp("artifact")
        unpack(zipped(made), artifact)
        yield Signed(account, key, digests, artifact, Sign(key, SOURCE, BUILDER))


@pytest.fixture
def artifact(signed: Signed, tmp_path: Path) -> Path:
    """A copy of what the build left, to do harm to."""
    return Path(shutil.copytree(signed.artifact, tmp_path / "artifact"))


def refusal(signed: Signed, folder: Path, **changes: Any) -> str:
    sign = replace(signed.sign, **changes)
    signatures = KmsSignatures(signed.account.ecr, signed.account.kms, sign.key)
    with pytest.raises(Fatal) as caught:
        pass_signatures(sign, signatures, signed.release(folder), folder)
    return str(caught.value)


def edited(folder: Path, edit: Callable[[Any], None]) -> None:
    said = json.loads((folder / "release.json").read_text())
    edit(said)
    (folder / "release.json").write_text(json.dumps(said))


def test_what_the_build_has_signed_passes(signed: Signed) -> None:
    pass_signatures(signed.sign, signed.signatures, signed.release(signed.artifact), signed.artifact)


def test_another_key_is_refused_for_each_image(signed: Signed) -> None:
    other = signed.account.key()
    told = refusal(signed, signed.artifact, key=other)
    for name, digest in signed.digests.items():
        tag = f"{digest.replace(':', '-')}.sig"
        assert f"image {name} is not signed by {other}: its {tag} was signed by another key, or was changed" in told
    assert "Release anew: the build signs all of it." in told


def test_an_image_without_a_signature_is_refused(signed: Signed, artifact: Path) -> None:
    _, digest = signed.account.image("web", "pushed by somebody")
    edited(artifact, lambda said: said["images"]["web"].update(digest=digest))
    told = refusal(signed, artifact)
    assert f"image web is not signed by {signed.key}: there is no {digest.replace(':', '-')}.sig in its repo" in told
    assert "image api" not in told


@pytest.mark.parametrize("repository", ["web", "api"])
def test_a_signature_of_another_image_or_repository_is_none_of_this_one(
    signed: Signed, artifact: Path, repository: str
) -> None:
    """Whoever may push moves a good signature onto a bad image: what it is over does not fit."""
    _, bad = signed.account.image("web", f"bad {repository}")
    signed.put("web", f"{bad.replace(':', '-')}.sig", signed.manifest(repository))
    edited(artifact, lambda said: said["images"]["web"].update(digest=bad))
    assert "is not of shop/web and this digest: the tag was moved" in refusal(signed, artifact)


def test_a_signature_counts_for_its_own_repository_alone(signed: Signed, artifact: Path) -> None:
    """The same image in two repositories: that of the other one is over its own name."""
    _, digest = signed.account.image("web", "twin")
    assert signed.account.image("api", "twin")[1] == digest
    key = signed.account.key()
    signed.account.build(key, {"api": digest}, FILES)
    found = signed.account.ecr.batch_get_image(
        repositoryName="shop/api", imageIds=[{"imageTag": f"{digest.replace(':', '-')}.sig"}]
    )
    signed.put("web", f"{digest.replace(':', '-')}.sig", json.loads(found["images"][0]["imageManifest"]))
    edited(artifact, lambda said: said["images"].update(web={**said["images"]["web"], "digest": digest}))
    assert "is not of shop/web and this digest" in refusal(signed, artifact, key=key)


def layer(image: Image, **changes: Any) -> dict[str, Any]:
    made = {
        "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
        "digest": f"sha256:{hashlib.sha256(payload(image)).hexdigest()}",
        "annotations": {ANNOTATION: "AAAA"},
    }
    return {**made, **changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "was signed by another key, or was changed"),
        ({"annotations": {ANNOTATION: "not base64!"}}, "was signed by another key, or was changed"),
        ({"annotations": {ANNOTATION: "A" * 2000}}, "was signed by another key, or was changed"),
        ({"annotations": None}, "was signed by another key, or was changed"),
        ({"mediaType": "text/plain"}, "is not of shop/web and this digest"),
        ({"annotations": ["a", "list"]}, "cannot be read"),
    ],
)
def test_what_is_no_signature_passes_nothing(
    signed: Signed, artifact: Path, changes: dict[str, Any], said: str
) -> None:
    _, digest = signed.account.image("web", f"forged {changes}")
    image = Image("web", REPOSITORIES["web"], "v1", digest)
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    signed.put("web", tag_of(image), {**manifest, "layers": [layer(image, **changes)]})
    edited(artifact, lambda told: told["images"]["web"].update(digest=digest))
    assert f"its {tag_of(image)} {said}" in refusal(signed, artifact)


def test_another_teams_signature_beside_ours_changes_nothing(signed: Signed) -> None:
    image = signed.release(signed.artifact).images["web"]
    found = signed.manifest("web")
    try:
        signed.put("web", tag_of(image), {**found, "layers": [*found["layers"], layer(image)]})
        pass_signatures(signed.sign, signed.signatures, signed.release(signed.artifact), signed.artifact)
    finally:
        signed.put("web", tag_of(image), found)


def test_a_provenance_that_is_missing_or_unreadable_is_refused(signed: Signed, artifact: Path) -> None:
    (artifact / "provenance.json").write_text("{}")
    assert "provenance.json: it cannot be read" in refusal(signed, artifact)
    (artifact / "provenance.json").unlink()
    told = refusal(signed, artifact)
    assert told == "provenance.json: it is not in the artifact. Release anew: the build writes and signs it."


def test_one_byte_of_a_provenance_is_enough(signed: Signed, artifact: Path) -> None:
    envelope = json.loads((artifact / "provenance.json").read_text())
    said = base64.b64decode(envelope["payload"]).replace(b"c0ffee", b"c0ffef")
    envelope["payload"] = base64.b64encode(said).decode()
    (artifact / "provenance.json").write_text(json.dumps(envelope))
    assert f"provenance.json: it is not signed by {signed.key}." in refusal(signed, artifact)


def with_chart(signed: Signed, commit: str, folder: Path) -> Release:
    """What a build leaves in the folder that pushes a chart as well."""
    described = "apiVersion: v2\nname: forum\nversion: 1.2.0\n"
    told = json.dumps({"forum": {"path": "charts/forum", "repository": CHART}})
    files = {**FILES, "charts/forum/Chart.yaml": described}
    options = {"SHIPLINE_CHARTS": told, "COMMIT_ID": commit}
    unpack(zipped(signed.account.build(signed.key, signed.digests, files, **options)), folder)
    return read_release(folder, "shop", REPOSITORIES, {"forum": CHART})


def test_a_pushed_chart_has_to_be_signed_and_named_by_the_provenance(signed: Signed, tmp_path: Path) -> None:
    release = with_chart(signed, "c0ffee" * 6, tmp_path / "one")
    other = with_chart(signed, "facade" * 6, tmp_path / "two")
    pass_signatures(signed.sign, signed.signatures, release, tmp_path / "one")
    with pytest.raises(Fatal, match="it does not name the chart") as caught:
        pass_signatures(signed.sign, signed.signatures, replace(release, charts=other.charts), tmp_path / "one")
    assert "is not signed" not in str(caught.value)
    forged = replace(release.charts["forum"], digest=f"sha256:{'f' * 64}")
    with pytest.raises(Fatal, match=r"chart forum is not signed by .*: there is no sha256-f+\.sig"):
        pass_signatures(signed.sign, signed.signatures, replace(release, charts={"forum": forged}), tmp_path / "one")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("manifests/web.yaml", "kind: DaemonSet\n", "manifests/web.yaml is not what the build made"),
        ("manifests/more.yaml", "kind: Secret\n", "manifests/more.yaml is not from the build"),
        ("manifests/web.yaml", None, "manifests/web.yaml is missing"),
        ("manifests/.sops.yaml", "hidden: false\n", "manifests/.sops.yaml is not what the build made"),
    ],
)
def test_files_that_were_changed_added_or_taken_away_are_named(
    signed: Signed, artifact: Path, name: str, text: str | None, said: str
) -> None:
    if text is None:
        (artifact / name).unlink()
    else:
        (artifact / name).write_text(text)
    assert f"provenance.json: {said}. Look who may write to the artifact bucket" in refusal(signed, artifact)


def test_a_hidden_file_may_have_been_left_out_of_the_artifact(signed: Signed, artifact: Path) -> None:
    (artifact / "manifests/.sops.yaml").unlink()
    pass_signatures(signed.sign, signed.signatures, signed.release(artifact), artifact)


def test_a_release_json_of_another_commit_is_refused(signed: Signed, artifact: Path) -> None:
    edited(artifact, lambda said: said.update(commit="badc0de"))
    told = refusal(signed, artifact)
    assert "its commit is 'c0ffee', not 'badc0de'" in told
    assert "release.json is not what the build made" in told


def test_images_that_were_swapped_for_other_signed_ones_are_refused(signed: Signed, artifact: Path) -> None:
    """An older image of the same repository, well signed: the provenance is of another release."""
    _, older = signed.account.image("web", "older")
    signed.account.build(signed.key, {"web": older}, FILES)
    edited(artifact, lambda said: said["images"]["web"].update(digest=older))
    assert f"it does not name the image {REPOSITORIES['web']}@{older}" in refusal(signed, artifact)


@pytest.mark.parametrize(("key", "word"), [("source", "source"), ("builder", "builder")])
def test_a_provenance_of_another_source_or_project_is_refused(signed: Signed, key: str, word: str) -> None:
    told = refusal(signed, signed.artifact, **{key: "elsewhere"})
    assert f"its {word} is " in told
    assert "not 'elsewhere'" in told


def test_a_signed_statement_of_another_kind_is_no_provenance(signed: Signed, artifact: Path) -> None:
    said = {**body(artifact), "predicateType": "https://example.com/sbom"}
    envelope = json.loads((artifact / "provenance.json").read_text())
    envelope["payload"] = base64.b64encode(json.dumps(said).encode()).decode()
    envelope["signatures"] = [{"sig": _sign(signed, json.dumps(said).encode())}]
    (artifact / "provenance.json").write_text(json.dumps(envelope))
    assert "it is a https://example.com/sbom, not a https://slsa.dev/provenance/v1" in refusal(signed, artifact)


def _sign(signed: Signed, said: bytes) -> str:
    return kms.sign(signed.key, provenance.encoded(said))


def test_a_key_that_cannot_be_asked_is_not_taken_for_a_yes(signed: Signed) -> None:
    image = signed.release(signed.artifact).images["web"]
    with Stubber(signed.account.kms) as said:
        said.add_client_error("verify", "DisabledException", "is disabled")
        with pytest.raises(Fatal, match=f"key {signed.key}: DisabledException"):
            signed.signatures.holds(b"message", b"signature")
        said.add_client_error("verify", "AccessDeniedException", "is not authorized to perform: kms:Verify")
        with pytest.raises(Fatal, match="The function's role lacks the right"):
            signed.signatures.holds(b"message", b"signature")
    with Stubber(signed.account.ecr) as said:
        said.add_client_error("batch_get_image", "RepositoryNotFoundException", "does not exist")
        with pytest.raises(Fatal, match="signature of image web: RepositoryNotFoundException"):
            signed.signatures.of(image)


@dataclass
class Place:
    """As much of a world as comes before rendering; what asks for more fails."""

    target: Target
    signatures: KmsSignatures | None = None

    @property
    def registry(self) -> Any:
        return SimpleNamespace(check=lambda images: None)

    @property
    def store(self) -> Any:
        return SimpleNamespace(load=lambda number: Desired(()))

    @property
    def redactor(self) -> Any:
        return SimpleNamespace(learn_objects=lambda objects: None)

    @property
    def ledger(self) -> Any:
        return SimpleNamespace(find=lambda number: None)


def place(signed: Signed, key: str) -> Place:
    sign = replace(signed.sign, key=key)
    target = Target("shop", "dev", "shop-dev", "c", REGION, "l", REPOSITORIES, (), sign=sign)
    return Place(target, KmsSignatures(signed.account.ecr, signed.account.kms, key))


def request(signed: Signed, again: int = 0) -> Any:
    return SimpleNamespace(again=again, renew=False, fetch=lambda folder: unpack(zipped(signed.artifact), folder))


def test_what_is_not_signed_is_not_even_rendered(signed: Signed) -> None:
    other = place(signed, signed.account.key())
    with pytest.raises(Fatal, match="image web is not signed by"):
        prepare(other, request(signed), None)  # type: ignore[arg-type]
    with pytest.raises(Fatal, match="nobody here can ask for the signatures of a release"):
        prepare(replace(other, signatures=None), request(signed), None)  # type: ignore[arg-type]


def test_what_goes_back_to_a_set_that_is_kept_is_not_asked(signed: Signed) -> None:
    journal = SimpleNamespace(set_of=lambda number: number)
    back = replace(place(signed, signed.account.key()), signatures=None)
    assert prepare(back, request(signed, again=3), journal).desired == Desired(())  # type: ignore[arg-type]


class Silent:
    """AWS, that does not answer."""

    def _nothing(self, **_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://aws")

    batch_get_image = verify = _nothing


def test_an_aws_that_does_not_answer_is_told_as_that(signed: Signed) -> None:
    nobody = KmsSignatures(Silent(), Silent(), signed.key)
    with pytest.raises(Unavailable, match="signature of image web"):
        nobody.of(signed.release(signed.artifact).images["web"])
    with pytest.raises(Unavailable, match="Could not connect"):
        nobody.holds(b"message", b"signature")
