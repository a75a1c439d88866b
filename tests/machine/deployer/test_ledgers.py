"""Both ledgers keep the same promises: the table in DynamoDB, and the ConfigMap on a real API server."""

import datetime as dt
import threading
from collections.abc import Callable

import boto3
import pytest

from deployer.bump.references import Image
from deployer.ledger import MOST_ENTRIES, Excuse, Held, Ledger
from deployer.ledger.cluster import ClusterLedger
from deployer.ledger.dynamodb import DynamoLedger
from deployer.release import Release

IMAGE = Image("web", "host/shop/web", "src-1", "sha256:" + "a" * 64)
RELEASE = Release("shop", "c0ffee", "main", "Fix it", "A. Uthor", {"web": IMAGE})
HELD = Held(3, "ann@desk", "2026-01-02T03:04:05Z", "the checkout is slow")

Make = Callable[[], Ledger]


def clock():
    return dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


@pytest.fixture(params=["dynamodb", "cluster"])
def make(request, place) -> Make:
    """Makes a ledger of one environment, each time as another process would."""
    at = place()
    makers: dict[str, Make] = {
        "dynamodb": lambda: DynamoLedger(
            boto3.client("dynamodb", region_name="us-east-1"), "shop-releases", "shop", at.namespace, clock
        ),
        "cluster": lambda: ClusterLedger(at.plane.admin, "shop", at.namespace, clock),
    }
    return makers[request.param]


def test_number_is_given_once_per_execution(make: Make):
    first = make().number("e1")
    assert make().number("e1") == first
    assert make().number("e2") == first + 1
    assert make().number("e1") == first


def test_numbers_of_many_at_once_are_all_different(make: Make):
    found: list[int] = []
    threads = [threading.Thread(target=lambda at=at: found.append(make().number(f"e{at}"))) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 6


def test_release_is_told_from_its_opening_to_its_end(make: Make):
    ledger = make()
    number = ledger.number("e1")
    ledger.open(number, "e1", RELEASE)
    (opened,) = make().history(10).entries
    assert (opened.number, opened.status, opened.started, opened.finished) == (
        number, "InProgress", "2026-01-02T03:04:05Z", "",
    )  # fmt: skip
    ledger.close(number, "Failed", "it crashed", restored=6)
    (closed,) = make().history(10).entries
    assert (closed.status, closed.summary, closed.restored) == ("Failed", "it crashed", 6)
    assert (closed.commit, closed.author, closed.execution) == ("c0ffee", "A. Uthor", "e1")
    assert make().find(number) == closed
    assert make().find(number + 1) is None


def test_another_process_closes_what_one_opened(make: Make):
    make().open(7, "e1", RELEASE)
    make().close(7, "Succeeded", "fine")
    (closed,) = make().history(10).entries
    assert (closed.status, closed.commit) == ("Succeeded", "c0ffee")


def test_retry_opens_the_record_anew(make: Make):
    ledger = make()
    ledger.open(7, "e1", RELEASE)
    ledger.close(7, "Failed", "it crashed", restored=6)
    ledger.open(7, "e1", RELEASE)
    (opened,) = make().history(10).entries
    assert (opened.status, opened.summary, opened.finished, opened.restored) == ("InProgress", "", "", 0)


def test_release_that_was_never_opened_can_be_closed(make: Make):
    make().close(3, "Failed", "no artifact")
    assert make().history(10).entries[0].summary == "no artifact"


def test_release_that_has_ended_is_not_superseded(make: Make):
    make().close(3, "Succeeded", "fine")
    make().supersede(3, "too late")
    make().supersede(4, "too late")
    assert [entry.status for entry in make().history(10).entries] == ["Superseded", "Succeeded"]


def test_what_runs_is_named_and_the_newest_come_first(make: Make):
    for number in (1, 2, 3):
        make().close(number, "Succeeded", "fine")
    make().runs(2)
    history = make().history(2)
    assert ([entry.number for entry in history.entries], history.current) == ([3, 2], 2)


def test_environment_is_held_until_it_is_lifted(make: Make):
    assert make().held() is None
    make().lift()
    make().hold(HELD)
    assert make().held() == make().history(1).held == HELD
    make().lift()
    assert make().held() is None


def test_an_excuse_from_a_freeze_is_kept_beside_the_releases(make: Make):
    assert make().excused() is None
    excuse = Excuse("me@desk", "2026-03-01T09:00:00+00:00", "2026-03-01T13:00:00+00:00", "CVE-2026-1")
    make().excuse(excuse)
    assert make().excused() == excuse
    assert make().history(2).entries == ()


def test_release_can_be_delivered_again_from_what_is_told_of_it(make: Make):
    make().open(7, "e1", RELEASE)
    told = make().history(1).entries[0].release("shop")
    assert (told.commit, told.images["web"].pinned) == ("c0ffee", IMAGE.pinned)


def test_ledger_in_the_cluster_keeps_the_newest_and_what_runs(place):
    at = place()
    ledger = ClusterLedger(at.plane.admin, "shop", at.namespace)
    first = ledger.number("e0")
    ledger.open(first, "e0", RELEASE)
    ledger.runs(first)
    for each in range(1, MOST_ENTRIES + 5):
        ledger.close(ledger.number(f"e{each}"), "Succeeded", "fine")
    kept = [entry.number for entry in ledger.history(1_000).entries]
    assert (len(kept), kept[0], kept[-1]) == (MOST_ENTRIES + 1, MOST_ENTRIES + 5, first)
