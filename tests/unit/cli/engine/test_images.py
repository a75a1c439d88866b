import json

import pytest

from cli.engine.images import Content, of_file, of_history
from cli.errors import CommandError
from deployer.ledger import Entry, History

DIGEST = "sha256:" + "a" * 64
WEB = {"repository": "host.example:5000/shop/web", "tag": "", "digest": DIGEST}


def test_image_is_given_by_its_digest():
    found = Content({}, {}).having([f"web=host.example:5000/shop/web@{DIGEST}", f"api=h.example/api:v1@{DIGEST}"])
    assert found.images == {"web": WEB, "api": {"repository": "h.example/api", "tag": "v1", "digest": DIGEST}}
    assert found.repositories == {"web": "host.example:5000/shop/web", "api": "h.example/api"}


@pytest.mark.parametrize(
    "text", ["web", "web=shop/web", "web=h/w:latest", f"web={DIGEST}", f"=h/w@{DIGEST}", f"w=w@{DIGEST}"]
)
def test_image_without_a_host_or_a_digest_is_bad_input(text):
    with pytest.raises(CommandError, match="no image by digest"):
        Content({}, {}).having([text])


def test_images_are_those_that_run():
    entries = (Entry(3, "Failed"), Entry(2, "Succeeded", commit="c0ffee", images={"web": f"h.example/web@{DIGEST}"}))
    found = of_history(History(entries, 2, None), "dev")
    assert (found.words["commit"], found.repositories) == ("c0ffee", {"web": "h.example/web"})


def test_images_of_an_environment_where_nothing_runs_are_bad_input():
    with pytest.raises(CommandError, match="nothing runs in dev"):
        of_history(History((), 0, None), "dev")


def test_release_of_a_build_is_read(tmp_path):
    (tmp_path / "release.json").write_text(json.dumps({"schema": 1, "commit": "c", "images": {"web": WEB}}))
    found = of_file(tmp_path / "release.json")
    words = {"commit": "c", "branch": "", "message": "", "author": ""}
    assert json.loads(found.document("shop")) == {"schema": 1, "service": "shop", "images": {"web": WEB}, **words}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"images": 1}', '{"images": {"web": 1}}'])
def test_what_is_no_release_is_bad_input(tmp_path, text):
    (tmp_path / "release.json").write_text(text)
    with pytest.raises(CommandError, match=r"is no release\.json"):
        of_file(tmp_path / "release.json")
