"""A frozen environment: what is new stops there, what ran before comes back, and a person may let releases in."""

import dataclasses
import datetime as dt

import pytest

from deployer.bump.references import Image
from deployer.errors import Stopped
from deployer.gates.freeze import Freeze, frozen, in_the_way, pass_freeze
from deployer.ledger import Entry, Excuse, History
from deployer.release import Release

NOON = dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
HOLIDAYS = Freeze(NOON, NOON + 3 * DAY, "holidays")
INVENTORY = Freeze(NOON, NOON + DAY, "stock-taking")


def release(commit="c0ffee", letter="a"):
    image = Image("web", "host/shop/web", "v1", f"sha256:{letter * 64}")
    return Release("shop", commit, "main", "Fix it", "ann", {"web": image})


class Book:
    """A ledger of what this gate reads."""

    def __init__(self, *entries, excuse=None):
        self.entries = entries
        self.excuse = excuse

    def excused(self):
        return self.excuse

    def history(self, count):
        return History(self.entries[:count], 0, None)


def ran(what, status="Succeeded"):
    return Entry(1, status, commit=what.commit, images={name: image.pinned for name, image in what.images.items()})


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (NOON - dt.timedelta(seconds=1), None),
        (NOON, HOLIDAYS),
        (NOON + 2 * DAY, HOLIDAYS),
        (NOON + 3 * DAY, None),
    ],
)
def test_it_holds_from_its_begin_on_and_ends_with_the_one_that_ends_last(at, found):
    assert frozen((INVENTORY, HOLIDAYS), Book(), at) == found


def test_what_is_new_is_stopped_with_the_reason_the_end_and_the_way_in():
    with pytest.raises(Stopped) as caught:
        pass_freeze((HOLIDAYS,), Book(ran(release("beef"))), release(), NOON)
    assert "frozen until 2026-12-27 12:00 UTC: holidays" in str(caught.value)
    assert "shipline lift --freeze --reason" in str(caught.value)


def test_what_ran_there_comes_back():
    pass_freeze((HOLIDAYS,), Book(ran(release("beef")), ran(release())), release(), NOON)


@pytest.mark.parametrize("other", [ran(release(), "Failed"), ran(release(letter="b"))])
def test_what_never_ran_well_there_is_new_and_so_are_other_images_of_the_commit(other):
    with pytest.raises(Stopped):
        pass_freeze((HOLIDAYS,), Book(other), release(), NOON)


def test_an_excuse_lets_in_until_its_end_and_no_longer():
    excuse = Excuse("ann", "2026-12-24T11:00:00+00:00", "2026-12-24T13:00:00+00:00", "CVE-2026-1")
    pass_freeze((HOLIDAYS,), Book(excuse=excuse), release(), NOON)
    with pytest.raises(Stopped):
        pass_freeze((HOLIDAYS,), Book(excuse=excuse), release(), NOON + dt.timedelta(hours=1))


def test_outside_of_a_freeze_nothing_is_asked_of_the_ledger():
    pass_freeze((HOLIDAYS,), None, release(), NOON - DAY)


def test_an_approval_is_told_of_what_will_stop_it():
    holding = Freeze(NOON, dt.datetime(2999, 1, 1, tzinfo=dt.UTC), "forever")
    book = Book()
    book.held = lambda: None
    assert in_the_way(book, ()) == ""
    already = dataclasses.replace(holding, begins=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    said = in_the_way(book, (already,))
    assert said == "The environment is frozen until 2999-01-01 00:00 UTC: forever. First: shipline lift --freeze. "
