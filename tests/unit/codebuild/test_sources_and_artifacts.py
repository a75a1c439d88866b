"""From S3 to a build and back."""

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local.codebuild.artifacts import Picked, zipped
from local.codebuild.faults import PhaseFailure
from local.codebuild.patterns import matching
from local.codebuild.source import unpack
from tests.unit.codebuild.conftest import BUCKET, Workbench, phase


def archive(entries: dict[str, tuple[str, int]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, (text, mode) in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            made.writestr(info, text)
    return buffer.getvalue()


SOURCE = archive(
    {
        "buildspec.yml": ("version: 0.2\nphases: {build: {commands: [./run]}}\n", stat.S_IFREG | 0o644),
        "run": ("#!/bin/sh\necho ran; readlink link\n", stat.S_IFREG | 0o755),
        "link": ("run", stat.S_IFLNK | 0o777),
    }
)


def in_s3(bench: Workbench, **source: str) -> dict[str, Any]:
    bench.client("s3").put_object(Bucket=BUCKET, Key="source.zip", Body=SOURCE)
    bench.project("unpacked", {}, source={"type": "S3", "location": f"{BUCKET}/source.zip", **source})
    return bench.wait(bench.start("unpacked"))


def test_a_zip_in_s3_is_unpacked_with_modes_and_links(bench: Workbench) -> None:
    build = in_s3(bench)
    assert build["buildStatus"] == "SUCCEEDED", bench.log(build)
    assert "\nran\nrun\n" in bench.log(build)


def test_a_buildspec_that_is_not_there_is_told_as_codebuild_does(bench: Workbench) -> None:
    build = in_s3(bench, buildspec="ci/build.yml")
    (context,) = phase(build, "DOWNLOAD_SOURCE")["contexts"]
    assert context["statusCode"] == "YAML_FILE_ERROR"
    assert context["message"].endswith("/src/ci/build.yml: no such file or directory")


def test_a_source_that_is_not_there_is_named(bench: Workbench) -> None:
    bench.project("lost", {}, source={"type": "S3", "location": f"{BUCKET}/lost.zip"})
    (context,) = phase(bench.wait(bench.start("lost")), "DOWNLOAD_SOURCE")["contexts"]
    assert f"error while downloading key {BUCKET}/lost.zip: NoSuchKey" in context["message"]


def test_a_source_type_that_is_not_here_is_an_error(bench: Workbench) -> None:
    bench.project("hub", {}, source={"type": "GITHUB", "location": "https://github.com/a/b"})
    (context,) = phase(bench.wait(bench.start("hub")), "DOWNLOAD_SOURCE")["contexts"]
    assert "the source type GITHUB is not on this machine" in context["message"]


def test_secondary_sources_have_folders_of_their_own(bench: Workbench) -> None:
    bench.client("s3").put_object(Bucket=BUCKET, Key="more.zip", Body=archive({"a": ("more", 0o100644)}))
    build = bench.run(["true"])
    bench.project(
        "two", {"version": "0.2", "phases": {"build": {"commands": ['cat "$CODEBUILD_SRC_DIR_extra/a"; echo']}}}
    )
    build = bench.wait(
        bench.start(
            "two",
            secondarySourcesOverride=[{"type": "S3", "location": f"{BUCKET}/more.zip", "sourceIdentifier": "extra"}],
        )
    )
    assert "\nmore\n" in bench.log(build)


@pytest.mark.parametrize(
    ("name", "text", "mode"),
    [
        ("../out", "x", 0o100644),
        ("/etc/out", "x", 0o100644),
        ("link", "/etc", stat.S_IFLNK | 0o777),
        ("a/link", "../../out", stat.S_IFLNK | 0o777),
    ],
)
def test_nothing_is_unpacked_outside_of_the_source(tmp_path: Path, name: str, text: str, mode: int) -> None:
    (tmp_path / "bad.zip").write_bytes(archive({name: (text, mode)}))
    with pytest.raises(PhaseFailure, match="outside of it"):
        unpack(tmp_path / "bad.zip", tmp_path / "src")


def uploaded(bench: Workbench, artifacts: dict[str, Any], commands: list[str], **setting: Any) -> dict[str, Any]:
    bench.project(
        "makes",
        {"version": "0.2", "phases": {"build": {"commands": commands}}, "artifacts": artifacts},
        artifacts={"type": "S3", "location": BUCKET, "name": "out.zip", "packaging": "ZIP", **setting},
    )
    return bench.wait(bench.start("makes"))


def names(bench: Workbench, key: str) -> list[str]:
    body = bench.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        return sorted(opened.namelist())


FILES = [
    "mkdir -p out/a/b && echo 1 > out/x.txt && echo 2 > out/a/y.txt && echo 3 > out/a/b/.z && echo 4 > out/a/w.log"
]


def test_artifacts_are_picked_below_the_base_directory_and_zipped(bench: Workbench) -> None:
    build = uploaded(
        bench, {"files": ["**/*"], "base-directory": "out", "exclude-paths": ["**/*.log"]}, FILES, path="p/q"
    )
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{BUCKET}/p/q/out.zip"
    assert names(bench, "p/q/out.zip") == ["a/b/.z", "a/y.txt", "x.txt"]


def test_discarded_paths_leave_the_names(bench: Workbench) -> None:
    uploaded(bench, {"files": ["out/*/*.txt", "out/x.txt"], "discard-paths": "yes"}, FILES)
    assert names(bench, "out.zip") == ["x.txt", "y.txt"]


def test_files_go_one_by_one_without_packaging(bench: Workbench) -> None:
    uploaded(bench, {"files": ["*.txt"], "base-directory": "out"}, FILES, packaging="NONE", name="plain")
    listed = bench.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [each["Key"] for each in listed] == ["plain/x.txt"]


def test_an_artifacts_name_is_expanded_by_the_shell(bench: Workbench) -> None:
    uploaded(
        bench,
        {"files": ["out/x.txt"], "name": "made-$WORD-$(echo 7).zip"},
        [*FILES, "WORD=by"],
        overrideArtifactName=True,
    )
    assert names(bench, "made-by-7.zip") == ["out/x.txt"]


def test_a_build_id_in_the_path_follows_the_prefix(bench: Workbench) -> None:
    build = uploaded(bench, {"files": ["out/x.txt"], "s3-prefix": "nightly"}, FILES, namespaceType="BUILD_ID", path="p")
    identity = build["id"].partition(":")[2]
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{BUCKET}/p/nightly/{identity}/out.zip"


@pytest.mark.parametrize(("kept", "mode"), [("yes", stat.S_IFLNK), ("no", stat.S_IFREG)])
def test_links_are_kept_when_they_are_asked_for(bench: Workbench, kept: str, mode: int) -> None:
    uploaded(bench, {"files": ["alias"], "enable-symlinks": kept}, [*FILES, "ln -s out/x.txt alias"])
    body = bench.client("s3").get_object(Bucket=BUCKET, Key="out.zip")["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        assert stat.S_IFMT(opened.infolist()[0].external_attr >> 16) == mode


def test_secondary_artifacts_go_by_their_identifiers(bench: Workbench) -> None:
    bench.project(
        "several",
        {
            "version": "0.2",
            "phases": {"build": {"commands": FILES}},
            "artifacts": {"secondary-artifacts": {"docs": {"files": ["out/x.txt"]}}},
        },
        source={"type": "CODEPIPELINE"},
        artifacts={"type": "CODEPIPELINE"},
    )
    bench.client("s3").put_object(Bucket=BUCKET, Key="pipe/Source/s.zip", Body=SOURCE)
    build = bench.wait(
        bench.start(
            "several",
            sourceTypeOverride="CODEPIPELINE",
            sourceLocationOverride=f"arn:aws:s3:::{BUCKET}/pipe/Source/s.zip",
            buildspecOverride=(
                "version: 0.2\nphases: {build: {commands: [echo 1 > one]}}\n"
                "artifacts: {secondary-artifacts: {docs: {files: [one]}}}\n"
            ),
            artifactsOverride={"type": "NO_ARTIFACTS"},
            secondaryArtifactsOverride=[
                {"type": "CODEPIPELINE", "location": f"arn:aws:s3:::{BUCKET}/d", "artifactIdentifier": "docs"}
            ],
        )
    )
    assert build["buildStatus"] == "SUCCEEDED", bench.log(build)
    assert build["secondaryArtifacts"][0]["artifactIdentifier"] == "docs"
    assert names(bench, "d") == ["one"]
    assert build["initiator"] == "codepipeline/pipe"
    assert build["sourceVersion"] == f"arn:aws:s3:::{BUCKET}/pipe/Source/s.zip"


@pytest.mark.parametrize(
    ("artifacts", "message"),
    [
        ({"files": ["nothing"]}, "no matching artifact paths found"),
        ({"files": ["*"], "base-directory": "nowhere"}, "no matching base directory path found for build"),
    ],
)
def test_artifacts_that_are_not_there_fail_the_upload(bench: Workbench, artifacts: Any, message: str) -> None:
    build = uploaded(bench, artifacts, ["true"])
    assert build["buildStatus"] == "FAILED"
    assert phase(build, "UPLOAD_ARTIFACTS")["contexts"] == [{"statusCode": "CLIENT_ERROR", "message": message}]


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    made = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "run").write_text("#!/bin/sh\n")
        (folder / "run").chmod(0o755 if number else 0o700)
        made.append(zipped([Picked("run", folder / "run")]))
    assert made[0] == made[1]
    with zipfile.ZipFile(io.BytesIO(made[0])) as opened:
        assert opened.infolist()[0].external_attr >> 16 == 0o100755


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**/*", ["a.txt", "d/.hidden", "d/b.txt", "d/e/c.py"]),
        ("*", ["a.txt"]),
        ("d/*", ["d/.hidden", "d/b.txt"]),
        ("d/**", ["d/.hidden", "d/b.txt", "d/e/c.py"]),
        ("**/*.txt", ["a.txt", "d/b.txt"]),
        ("./a.tx?", ["a.txt"]),
        ("**/[ab].{txt,py}", ["a.txt", "d/b.txt"]),
        ("**/[!a].txt", ["d/b.txt"]),
        ("d", []),
    ],
)
def test_patterns_match_as_codebuilds_do(tmp_path: Path, pattern: str, found: list[str]) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    for name in ("a.txt", "d/b.txt", "d/.hidden", "d/e/c.py"):
        (tmp_path / name).touch()
    assert matching(tmp_path, [pattern]) == found
