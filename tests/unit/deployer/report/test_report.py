"""The whole of a release, for machines and for people: complete, capped, and without a secret."""

import io
import json
import zipfile

import pytest

from deployer.bump.references import Image
from deployer.errors import Fatal, Unavailable
from deployer.log import Log
from deployer.outcome import Continue, Failed, Succeeded, Token
from deployer.redact import MASK, Redactor
from deployer.release import Release
from deployer.report.bundle import json_file, text_file
from deployer.report.document import document
from deployer.report.publish import bundle, published
from deployer.report.story import MOST_LINES, MOST_OBJECTS, Story
from deployer.report.text import text
from tests.unit.deployer.diff.objects import changed, config_map, created, deployment, plan, secret

DIGEST = f"sha256:{'b' * 64}"
RELEASE = Release(
    "shop", "c0ffee", "main", "A change", "Ada", {"web": Image("web", "h.example/shop/web", "src-1", DIGEST)}
)
SUCCEEDED = Succeeded(7, "release 7: 1 created", {"release": "7"})


class Bucket:
    """Keeps what is written, or refuses."""

    def __init__(self, refuses=None):
        self.held, self.refuses = [], refuses

    def write(self, data):
        if self.refuses:
            raise self.refuses
        self.held.append(data)

    @property
    def files(self):
        with zipfile.ZipFile(io.BytesIO(self.held[-1])) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}


class Prepared:
    release = RELEASE


@pytest.fixture
def story():
    redactor = Redactor()
    made = Story(redactor)
    made.tell(
        service="shop", environment="prod", execution="e", namespace="shop-prod", cluster="shop", artifact="s3://b/k"
    )
    steps = (changed(deployment(replicas=1), deployment(replicas=3)), created(secret(p="canary-in-secret")))
    made.planned(Prepared, plan(*steps, deleted="old"))
    ticks = iter(range(1_700_000_000, 1_800_000_000))
    log = Log(redactor, io.StringIO(), lambda: float(next(ticks))).also(made.hear)
    log.event("invoked", release=7)
    log.event("stage", release=7, stage="apply", seconds=0.4)
    log.event("waiting", release=7, state="1 of 2 healthy")
    log.event("stage", release=7, stage="wait", seconds=3.0)
    log.event("pruned", release=7, objects=["ConfigMap old"])
    return made


def test_the_document_tells_the_whole_release(story):
    told = document(story, SUCCEEDED)
    assert (told["result"], told["release"], told["service"], told["environment"]) == ("Succeeded", 7, "shop", "prod")
    assert (told["commit"], told["author"], told["message"]) == ("c0ffee", "Ada", "A change")
    assert told["images"] == {"web": {"repository": "h.example/shop/web", "tag": "src-1", "digest": DIGEST}}
    assert told["plan"]["counts"] == {"created": 1, "configured": 1, "deleted": 1}
    assert [each["action"] for each in told["plan"]["objects"]] == ["configured", "created", "deleted"]
    assert told["plan"]["objects"][0]["fields"][0]["path"] == "spec.replicas"
    assert [(each["stage"], each["seconds"]) for each in told["stages"]] == [("apply", 0.4), ("wait", 3.0)]
    assert [each["event"] for each in told["events"]] == ["waiting", "pruned"]
    assert told["seconds"] == 4.0


def test_the_text_tells_a_person_the_same(story):
    said = text(document(story, Failed("Release 7 failed in prod.\nThe reason.\nNext: fix it.")))
    assert said.startswith("Release 7 of shop to prod: Failed\n")
    for line in (
        "commit      c0ffee",
        f"image       web src-1 h.example/shop/web@{DIGEST}",
        "  The reason.",
        "  apply          0.400 s",
        "  ~ Deployment web",
        "      spec.replicas: 1 → 3",
        "  - ConfigMap old",
        "state=1 of 2 healthy",
        "objects=ConfigMap old",
    ):
        assert line in said


def test_no_secret_is_in_a_report(story):
    story.redactor.learn(["canary-known"])
    story.tell(message="says canary-known")
    outcome = Failed("the server said canary-known and canary-in-secret")
    files = Bucket()
    files.write(bundle(story, outcome, story.redactor))
    said = "".join(files.files.values())
    assert "canary" not in said
    assert MASK in said


def test_a_story_goes_on_in_another_invocation(story):
    another = Story(Redactor())
    another.tell(execution="e")
    another.hear({"event": "stage", "stage": "after", "seconds": 0.1, "time": 1_700_000_100.0})
    another.resume(json.loads(json.dumps(story.kept())))
    told = document(another, SUCCEEDED)
    assert [each["stage"] for each in told["stages"]] == ["apply", "wait", "after"]
    assert told["plan"]["counts"]["created"] == 1


def test_a_story_without_end_is_cut_in_its_middle(story):
    for number in range(3 * MOST_LINES):
        story.hear({"event": "waiting", "time": float(number), "state": str(number)})
    assert len(story.lines) <= MOST_LINES
    assert story.lines[0]["event"] == "invoked"
    assert story.lines[-1]["state"] == str(3 * MOST_LINES - 1)
    assert any(line["event"] == "left out" for line in story.lines)


def test_a_plan_of_many_objects_says_how_many_it_leaves_out(story):
    story.planned(Prepared, plan(*(created(config_map()) for _ in range(MOST_OBJECTS + 7))))
    told = document(story, SUCCEEDED)
    assert (len(told["plan"]["objects"]), told["plan"]["left_out"]) == (MOST_OBJECTS, 7)
    assert told["plan"]["counts"] == {"created": MOST_OBJECTS + 7}
    assert "… and 7 more objects" in text(told)


@pytest.mark.parametrize("most", [200, 1_500, 3_000, 100_000])
def test_a_report_is_never_larger_than_its_cap_and_always_json(story, most):
    for number in range(200):
        story.hear({"event": "waiting", "time": float(number), "state": "x" * 300})
    data = json_file(document(story, SUCCEEDED), story.redactor, most)
    assert json.loads(data)["result"] == "Succeeded"
    assert len(data) <= max(most, 200)
    assert len(text_file("x" * 200_000, story.redactor, most)) <= most + 100


def test_the_answer_says_where_the_report_is(story):
    place, log = Bucket(), Log(story.redactor, io.StringIO())
    found = published(SUCCEEDED, story, place, "s3://b/r", log)
    assert found.outputs == {"release": "7", "report": "s3://b/r"}
    assert sorted(place.files) == ["report.json", "report.txt"]
    assert json.loads(place.files["report.json"])["result"] == "Succeeded"
    found = published(Failed("why", "PermissionError"), story, place, "s3://b/r", log)
    assert found == Failed("why\nReport: s3://b/r", "PermissionError")
    goes_on = Continue(Token(7, "wait", 1), "so far")
    assert published(goes_on, story, place, "s3://b/r", log) == goes_on


@pytest.mark.parametrize("error", [Fatal("denied"), Unavailable("no answer")])
def test_a_report_that_cannot_be_written_changes_no_outcome(story, error):
    stream = io.StringIO()
    found = published(SUCCEEDED, story, Bucket(error), "s3://b/r", Log(story.redactor, stream))
    assert (found.number, found.outputs["report"]) == (7, "none")
    assert json.loads(stream.getvalue())["event"] == "report not written"


def test_the_same_story_is_the_same_bytes(story):
    assert bundle(story, SUCCEEDED, story.redactor) == bundle(story, SUCCEEDED, story.redactor)
