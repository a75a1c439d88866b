"""What the step `release` signs: images in the registry, and the provenance of the artifact."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.signing import BUILD, BUILDER, HOST, SOURCE, Account, body, signing_account
from tools.shipline_build import signature
from tools.shipline_build.fatal import Fatal

FILES = {"manifests/web.yaml": "kind: Deployment\n", "manifests/.hidden": "seen\n"}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with signing_account(tmp_path_factory.mktemp("account")) as made:
        yield made


def test_an_image_is_signed_once_by_each_key(account: Account) -> None:
    image, digest = account.image("web", "once")
    first, second = account.key(), account.key()
    assert signature.sign(image, digest, first) is True
    assert signature.sign(image, digest, first) is False
    (only,) = account.signatures(image, digest)
    assert signature.sign(image, digest, second) is True
    kept, added = account.signatures(image, digest)
    assert kept == only
    assert (
        added["digest"]
        == only["digest"]
        == f"sha256:{hashlib.sha256(signature.payload(image.repository, digest)).hexdigest()}"
    )
    assert added["digest"] in account.store.blobs
    assert account.store.blobs[only["digest"]].decode() == (
        f'{{"critical":{{"identity":{{"docker-reference":"{HOST}/shop/web"}},"image":{{"docker-manifest-digest":"{digest}"}},'
        '"type":"cosign container image signature"},"optional":null}'
    )
    tags = {tag for each in account.ecr.describe_images(repositoryName="shop/web")["imageDetails"]
            for tag in each.get("imageTags", ())}  # fmt: skip
    assert tags >= {"src-once", f"{digest.replace(':', '-')}.sig"}


def test_cosign_signs_the_same_bytes() -> None:
    """What cosign 3.1.3 has put into the registry for this image: the layer's digest is that of what it signs."""
    digest = "sha256:c2eaaba12e04172086a74f3ac179cf922d3b8d1377dc864df5f5d31fbf0b3075"
    made = signature.payload(f"{HOST}/shop/web", digest)
    theirs = "5350e8102bd54241823d69ed18e884d528845b3b03f09253ce706eede5baac95"
    assert (len(made), hashlib.sha256(made).hexdigest()) == (269, theirs)


def test_a_signature_that_was_broken_is_made_anew(account: Account) -> None:
    image, digest = account.image("web", "broken")
    key = account.key()
    signature.sign(image, digest, key)
    stored = json.loads(
        account.ecr.batch_get_image(repositoryName="shop/web", imageIds=[{"imageTag": signature.tag_of(digest)}])[
            "images"
        ][0]["imageManifest"]
    )
    stored["layers"][0]["annotations"][signature.ANNOTATION] = "not base64"
    account.ecr.put_image(
        repositoryName="shop/web", imageManifest=json.dumps(stored), imageTag=signature.tag_of(digest)
    )
    assert signature.sign(image, digest, key) is True
    assert len(account.signatures(image, digest)) == 2


def test_a_key_that_cannot_sign_is_told_with_what_it_has_to_be(account: Account) -> None:
    image, digest = account.image("web", "wrong key")
    key = account.kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(Fatal, match=r"cannot sign with arn(.|\n)*ECC_NIST_P256 for SIGN_VERIFY"):
        signature.sign(image, digest, key)
    assert account.signatures(image, digest) == []


def test_the_provenance_names_every_image_every_file_and_where_they_come_from(account: Account) -> None:
    key = account.key()
    digests = {name: account.image(name, f"provenance {name}")[1] for name in ("web", "api")}
    folder = account.build(key, digests, FILES)
    said: Any = body(folder)
    subjects = {each["name"]: each["digest"]["sha256"] for each in said["subject"]}
    assert subjects == {
        **{f"{HOST}/shop/{name}": digest.partition(":")[2] for name, digest in digests.items()},
        **{name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in [*FILES, "release.json"]},
    }
    assert (said["_type"], said["predicateType"]) == (
        "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1",
    )  # fmt: skip
    definition, run = said["predicate"]["buildDefinition"], said["predicate"]["runDetails"]
    assert definition["externalParameters"] == {"repository": SOURCE, "branch": "main", "pipeline": "shop"}
    assert definition["internalParameters"] == {"execution": "e-1"}
    assert definition["resolvedDependencies"] == [{"uri": SOURCE, "digest": {"gitCommit": "c0ffee"}}]
    assert run["builder"] == {"id": BUILDER}
    assert (run["metadata"]["invocationId"], run["metadata"]["startedOn"]) == (BUILD, "2026-01-02T03:04:05Z")
    assert run["metadata"]["finishedOn"] > run["metadata"]["startedOn"]
    envelope = json.loads((folder / "provenance.json").read_text())
    assert (envelope["payloadType"], envelope["signatures"][0]["keyid"]) == ("application/vnd.in-toto+json", key)


def test_nothing_is_signed_unless_it_is_asked_for(account: Account) -> None:
    image, digest = account.image("web", "unsigned")
    folder = account.build("", {"web": digest}, FILES)
    assert not (folder / "provenance.json").exists()
    assert account.signatures(image, digest) == []


def test_a_build_without_its_own_arn_signs_no_provenance(account: Account, tmp_path: Path) -> None:
    _, digest = account.image("web", "nobody")
    with pytest.raises(Fatal, match="is not the ARN of a build"):
        account.build(account.key(), {"web": digest}, FILES, CODEBUILD_BUILD_ARN="me")
