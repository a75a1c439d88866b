import pytest

from deployer.kube.pace import IN_A_ROW, LEAST, MOST, START, Pace, pause


def test_a_window_of_successes_adds_one():
    pace = Pace()
    for _ in range(int(START)):
        pace.succeeded()
    assert pace.limit(0.0) == START  # 1/16 + 1/16.06 + ...: not quite one
    pace.succeeded()
    assert pace.limit(0.0) == START + 1


def test_it_never_grows_beyond_what_the_server_can_use():
    pace = Pace()
    for _ in range(10_000):
        pace.succeeded()
    assert pace.limit(0.0) == MOST


def test_one_burst_halves_once_and_the_next_again():
    pace = Pace()
    pace.refused(sent=1.0, now=2.0, wait=0.0)
    pace.refused(sent=1.5, now=2.0, wait=0.0)  # was on its way when the first was refused
    assert pace.limit(2.0) == START / 2
    pace.refused(sent=2.5, now=3.0, wait=0.0)
    assert pace.limit(3.0) == START / 4


def test_it_never_stops_altogether():
    pace = Pace()
    for now in range(50):
        pace.refused(sent=now, now=now, wait=0.0)
    assert pace.limit(99.0) == LEAST


def test_when_all_are_refused_nothing_is_sent_until_the_server_asked_for_it():
    pace = Pace()
    for _ in range(IN_A_ROW - 1):
        pace.refused(sent=0.0, now=1.0, wait=2.0)
    assert pace.limit(1.0) > 0
    pace.refused(sent=0.0, now=1.0, wait=2.0)
    assert pace.limit(2.9) == 0
    assert pace.limit(3.0) > 0


def test_a_success_between_refusals_keeps_the_others_going():
    pace = Pace()
    for _ in range(10):
        pace.refused(sent=0.0, now=1.0, wait=2.0)
        pace.succeeded()
    assert pace.limit(1.0) > 0


@pytest.mark.parametrize("attempt", range(12))
def test_a_pause_is_spread_over_all_of_a_growing_time(attempt):
    most = min(5.0, 0.1 * 2**attempt)
    found = [pause(attempt) for _ in range(500)]
    assert 0 <= min(found) < 0.1 * most
    assert 0.9 * most < max(found) <= most


def test_a_pause_that_the_server_asks_for_is_never_shorter():
    found = [pause(0, "2") for _ in range(100)]
    assert min(found) >= 2.0
    assert max(found) <= 2.2


@pytest.mark.parametrize("said", ["", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "soon"])
def test_anything_but_seconds_is_not_understood(said):
    assert pause(0, said) <= 0.1
