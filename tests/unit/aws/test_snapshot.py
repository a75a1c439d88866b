"""What is kept over a restart, and what happens to a snapshot that cannot be read."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.core.base_backend import BackendDict
from moto.s3.models import s3_backends
from moto.ssm.models import ssm_backends

from local.aws.bodies import Body, Store
from local.aws.snapshot import Snapshot

ACCOUNT = "999999999999"  # nobody else's in this process


class Room:
    def __init__(self, snapshot: Snapshot) -> None:
        self.said: Any = None
        snapshot.keep("room", lambda: self.said, lambda value: setattr(self, "said", value))


@pytest.fixture
def only_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Other tests' backends stay out of these snapshots."""
    monkeypatch.setattr(BackendDict, "_instances", [])
    yield
    for backends in (s3_backends, ssm_backends):
        backends.pop(ACCOUNT, None)
    s3_backends.bucket_accounts.clear()


def bucket_of(snapshot: Snapshot) -> Any:
    s3 = s3_backends[ACCOUNT]["aws"]
    s3.create_bucket("artifacts", "us-east-1")
    return s3


@pytest.mark.usefixtures("only_here")
def test_objects_and_rooms_survive(tmp_path: Path) -> None:
    before = Snapshot(tmp_path)
    Room(before).said = {"lock": threading.Lock(), "word": "kept"}
    bucket_of(before).put_object("artifacts", "a/b.zip", b"x" * 100_000)
    ssm = ssm_backends[ACCOUNT]["us-east-1"]
    ssm.put_parameter("/a", "", "one", "String", "", "", False, [], "text", None, None)
    before.save()
    assert before.size < 100_000
    s3_backends.pop(ACCOUNT)
    s3_backends.bucket_accounts.clear()
    ssm_backends.pop(ACCOUNT)
    after = Snapshot(tmp_path)
    room = Room(after)
    assert after.load()
    assert room.said["word"] == "kept"
    assert s3_backends[ACCOUNT]["aws"].get_object("artifacts", "a/b.zip").value == b"x" * 100_000
    assert s3_backends.bucket_accounts == {"artifacts": ("aws", ACCOUNT)}
    again = ssm_backends[ACCOUNT]["us-east-1"]
    assert again.get_parameter("/a").value == "one"
    again.put_parameter("/new", "", "two", "String", "", "", False, [], "text", None, None)


@pytest.mark.usefixtures("only_here")
def test_a_deleted_objects_file_goes_after_the_snapshot_without_it(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    s3 = bucket_of(snapshot)
    s3.put_object("artifacts", "a", b"1")
    snapshot.save()
    s3.delete_object("artifacts", "a")
    assert len(list((tmp_path / "bodies").iterdir())) == 1
    snapshot.save()
    assert list((tmp_path / "bodies").iterdir()) == []


@pytest.mark.usefixtures("only_here")
@pytest.mark.parametrize("damage", [b"", b"shipline snapshot 1\nnonsense", b"\0" * 1000])
def test_a_damaged_snapshot_gives_way_to_the_one_before(
    tmp_path: Path, damage: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Snapshot(tmp_path)
    room = Room(before)
    for word in ("first", "second"):
        room.said = word
        before.save()
    (tmp_path / "state").write_bytes(damage)
    after = Snapshot(tmp_path)
    loaded = Room(after)
    assert after.load()
    assert loaded.said == "first"
    assert "cannot be read" in capsys.readouterr().err
    assert (tmp_path / "state.unreadable").read_bytes() == damage


@pytest.mark.usefixtures("only_here")
def test_when_no_snapshot_can_be_read_the_account_is_empty(tmp_path: Path) -> None:
    for name in ("state", "state.previous"):
        (tmp_path / name).write_bytes(b"nonsense")
    assert not Snapshot(tmp_path).load()


@pytest.mark.usefixtures("only_here")
def test_files_that_no_snapshot_names_are_removed(tmp_path: Path) -> None:
    before = Snapshot(tmp_path)
    before.save()
    before.store.put(b"left by a kill")
    assert Snapshot(tmp_path).load()
    assert list((tmp_path / "bodies").iterdir()) == []


@pytest.mark.usefixtures("only_here")
def test_what_was_changed_is_on_disk_when_it_is_settled(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    room = Room(snapshot)
    room.said = "changed"
    snapshot.touch()
    snapshot.settle()
    read = Snapshot(tmp_path)
    loaded = Room(read)
    assert read.load()
    assert loaded.said == "changed"
    (tmp_path / "state").unlink()
    snapshot.settle()
    assert not (tmp_path / "state").exists(), "nothing was changed since"


@pytest.mark.usefixtures("only_here")
def test_a_change_is_on_disk_a_tenth_of_a_second_later(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    room = Room(snapshot)
    snapshot.start()
    room.said = "changed"
    snapshot.touch()
    state, deadline = tmp_path / "state", threading.Event()
    for _ in range(100):
        if state.exists():
            break
        deadline.wait(0.02)
    snapshot.stop()
    read = Snapshot(tmp_path)
    loaded = Room(read)
    assert read.load()
    assert loaded.said == "changed"


@pytest.mark.usefixtures("only_here")
def test_state_that_cannot_be_written_is_named_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = Snapshot(tmp_path)
    bucket_of(snapshot).put_object("artifacts", "a", b"kept")
    ssm_backends[ACCOUNT]["us-east-1"].handle = (tmp_path / "open").open("w")
    snapshot.save()
    assert "the state of ssm cannot be kept over a restart" in capsys.readouterr().err
    ssm_backends[ACCOUNT]["us-east-1"].handle.close()
    s3_backends.pop(ACCOUNT)
    assert Snapshot(tmp_path).load()
    assert s3_backends[ACCOUNT]["aws"].get_object("artifacts", "a").value == b"kept"


def test_a_body_is_a_file_to_those_who_use_it(tmp_path: Path) -> None:
    Body.store = Store(tmp_path)
    body = Body()
    assert body.write(b"hello world") == 11
    assert body.seek(6) == 6
    assert (body.read(3), body.read()) == (b"wor", b"ld")
    body.seek(5)
    body.truncate()
    body.seek(0)
    assert body.read() == b"hello"
    body.close()
    with pytest.raises(ValueError, match="closed"):
        body.read()
