"""The path of a release that is a commit: what is remembered, what is waited for, and the way back."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from deployer.budget import Budget
from deployer.gates.freeze import Freeze
from deployer.gates.scan import Policy, Scan
from deployer.gitops.files import changes, digest
from deployer.gitops.message import read
from deployer.gitops.soak import Soak
from deployer.ledger import Held
from deployer.outcome import Continue, Failed, Outcome, Succeeded, Token
from tests.unit.deployer.gitops.conftest import FILE, Environment, Scanned, application

OVER = Budget(lambda: 0.0, 1.0)


def number(outcome: Outcome) -> int:
    assert isinstance(outcome, Succeeded), outcome
    return outcome.number


def unwell(dev: Environment, letter: str) -> Any:
    """A reconciler that never gets these images healthy."""
    return lambda: application(dev.repository.head(), "Degraded" if dev.pins(letter) else "Healthy")


def test_a_release_is_one_commit_and_the_ledger_knows_it(dev: Environment) -> None:
    outcome = dev.release("a", execution="e-1")
    assert isinstance(outcome, Succeeded)
    head = dev.repository.head()
    assert dev.pins("a")
    assert outcome.outputs["config"] == head
    assert (
        outcome.summary
        == f"release 1: commit {head[:12]}; Application argocd/shop-dev is Synced and Healthy; not scanned"
    )
    entry = dev.ledger.find(1)
    assert entry is not None
    assert (entry.status, entry.config, entry.commit, dev.ledger.running()) == ("Succeeded", head, "c0ffee", 1)
    message = dev.repository.commits[head].message
    assert "Release 1 of shop to dev" in message
    assert "Shipline-Execution: e-1" in message
    assert dev.events == ["invoked", "committed", "waiting", "stage"]


def test_what_its_scans_have_shown_is_told_in_a_later_invocation_too(dev: Environment) -> None:
    dev.gates = (Policy("high"), Scanned(Scan("complete")))
    old = dev.repository.head()
    dev.reconciler.turn = lambda: application(old)
    first = dev.release("a", "e-1", budget=OVER)
    assert isinstance(first, Continue)
    dev.reconciler.turn = lambda: application(dev.repository.head())
    outcome = dev.release("", "e-1", token=first.token)
    assert isinstance(outcome, Succeeded)
    assert outcome.outputs["scan"] == outcome.summary.rpartition("; ")[2] != "not scanned"


def test_a_scan_stops_a_release_before_its_commit(dev: Environment) -> None:
    dev.gates = (Policy("high"), Scanned(Scan("unscanned")))
    head = dev.repository.head()
    outcome = dev.release("a")
    assert isinstance(outcome, Failed)
    assert dev.repository.head() == head
    assert dev.ledger.find(1).status == "Failed"  # type: ignore[union-attr]


def test_a_job_that_comes_again_finds_its_commit(dev: Environment) -> None:
    dev.release("a", "e-1", attempt="one")
    head = dev.repository.head()
    assert number(dev.release("a", "e-1", attempt="one")) == 1
    assert number(dev.release("a", "e-1", attempt="retried")) == 1
    assert dev.repository.head() == head


def test_where_nothing_changes_nothing_is_committed_and_health_is_asked_all_the_same(dev: Environment) -> None:
    dev.release("a")
    head, looks = dev.repository.head(), dev.reconciler.looks
    outcome = dev.release("a")
    assert isinstance(outcome, Succeeded)
    assert "release 2: nothing to commit; " in outcome.summary
    assert dev.repository.head() == head
    assert dev.reconciler.looks > looks


def test_a_wait_goes_on_in_the_next_invocation_and_its_time_counts_from_the_first(dev: Environment) -> None:
    old = dev.repository.head()
    dev.reconciler.turn = lambda: application(old)
    first = dev.release("a", "e-1", budget=OVER)
    assert isinstance(first, Continue)
    commit = dev.repository.head()
    assert (first.token.release, first.token.stage) == (1, f"wait {commit}")
    dev.now += 100
    again = dev.release("", "e-1", budget=OVER, token=first.token)
    assert isinstance(again, Continue)
    assert again.token == first.token
    dev.now += 30
    outcome = dev.release("", "e-1", token=first.token)
    assert isinstance(outcome, Failed)
    assert "not healthy within 120 s: the last revision that it compared is" in outcome.message
    assert "There is no earlier release to go back to: its commit stays." in outcome.message


def test_a_later_commit_of_others_is_as_good_and_one_that_changes_the_images_is_not(dev: Environment) -> None:
    old = dev.repository.head()
    dev.reconciler.turn = lambda: application(old)
    first = dev.release("a", "e-1", budget=OVER)
    assert isinstance(first, Continue)
    dev.repository.push({"envs/prod/x.yaml": "x: 1\n"})
    dev.reconciler.turn = lambda: application(dev.repository.head())
    assert number(dev.release("", "e-1", token=first.token)) == 1
    dev.repository.push({FILE: dev.repository.trees[dev.repository.head()][FILE].replace("a" * 64, "e" * 64)})
    outcome = dev.release("", "e-1", token=first.token)
    assert isinstance(outcome, Failed)
    assert "names other images: what runs is not this release" in outcome.message
    assert dev.pins("e")  # nothing is put back: somebody has decided


def test_what_is_not_healthy_goes_back_by_one_more_commit(dev: Environment) -> None:
    good = number(dev.release("a"))
    dev.reconciler.turn = unwell(dev, "b")
    outcome = dev.release("b", "e-2")
    assert isinstance(outcome, Failed)
    assert "Synced, and Degraded." in outcome.message
    assert f"dev is back at release {good} by commit {dev.repository.head()[:12]}, and healthy." in outcome.message
    assert dev.pins("a")
    mark = read(dev.repository.commits[dev.repository.head()].message)
    assert mark is not None
    assert (mark.release, mark.restores) == (2, 1)
    entry = dev.ledger.find(2)
    assert entry is not None
    assert (entry.status, entry.restored, dev.ledger.running()) == ("Failed", 1, 1)
    assert number(dev.release("a", "rollback")) == 3  # CodePipeline's own way back finds nothing left to do


def test_a_job_that_comes_again_after_going_back_does_not_bring_the_bad_release_anew(dev: Environment) -> None:
    dev.release("a")
    dev.reconciler.turn = unwell(dev, "b")
    dev.release("b", "e-2", attempt="one")
    head = dev.repository.head()
    outcome = dev.release("b", "e-2", attempt="one")
    assert isinstance(outcome, Failed)
    assert "is back at release 1" in outcome.message
    assert dev.repository.head() == head
    dev.release("b", "e-2", attempt="two")  # somebody retries the stage: that is another wish
    assert dev.repository.head() != head


def test_going_back_outlasts_an_invocation_and_is_told_when_it_fails(dev: Environment) -> None:
    dev.release("a")
    dev.reconciler.turn = lambda: application(dev.repository.head(), "Degraded")
    seconds = iter([100.0] * 4 + [0.0] * 10)
    first = dev.release("b", "e-2", budget=Budget(lambda: next(seconds), 1.0))
    assert isinstance(first, Continue)
    assert first.token.stage.startswith("settle ")
    outcome = dev.release("", "e-2", token=first.token)
    assert isinstance(outcome, Failed)
    assert (
        "Going back to release 1 failed as well: Application argocd/shop-dev: Synced, and Degraded." in outcome.message
    )


def test_a_moment_of_degraded_health_is_not_the_end(dev: Environment) -> None:
    words: Iterator[str] = iter(["Healthy", "Degraded", "Degraded", "Progressing", "Degraded", "Healthy"])
    dev.reconciler.turn = lambda: application(dev.repository.head(), next(words))
    assert number(dev.release("a")) == 1


def test_a_held_environment_gets_no_commit(dev: Environment) -> None:
    head = dev.repository.head()
    dev.ledger.hold(Held(99, "ann", "2026-11-20T10:00:00Z", "an incident"))
    outcome = dev.release("a")
    assert isinstance(outcome, Failed)
    assert "held since 2026-11-20T10:00:00Z by ann: an incident" in outcome.message
    assert dev.repository.head() == head
    dev.ledger.lift()


def test_a_frozen_environment_gets_no_commit_of_what_it_has_not_run(dev: Environment) -> None:
    dev.release("a")
    dev.freeze = (Freeze(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2999, 1, 1, tzinfo=dt.UTC), "holidays"),)
    assert number(dev.release("a")) == 2
    head = dev.repository.head()
    outcome = dev.release("b")
    assert isinstance(outcome, Failed)
    assert "frozen until 2999-01-01 00:00 UTC: holidays" in str(outcome)
    assert dev.repository.head() == head


def test_an_older_execution_gets_no_commit(dev: Environment) -> None:
    assert dev.ledger.number("late") == 1
    dev.release("a", "e-2")
    outcome = dev.release("b", "late")
    assert isinstance(outcome, Failed)
    assert "release 1 is superseded by release 2" in outcome.message
    assert dev.pins("a")


def test_nothing_is_committed_where_the_reconciler_cannot_be_read(dev: Environment) -> None:
    head = dev.repository.head()
    dev.reconciler.turn = lambda: None
    outcome = dev.release("a")
    assert isinstance(outcome, Failed)
    assert "Application argocd/shop-dev: it is not in the cluster." in outcome.message
    assert dev.repository.head() == head


def test_another_plan_than_the_one_that_was_read_is_not_committed(dev: Environment) -> None:
    head = dev.repository.head()
    outcome = dev.release("a", plan="0" * 64)
    assert isinstance(outcome, Failed)
    assert "is not what it was when the plan was read" in outcome.message
    assert dev.repository.head() == head
    images = {"web": dev.ledger.find(1).release("shop").images["web"]}  # type: ignore[union-attr]
    read_plan = digest(changes(dev.repository.files(head), images))
    assert number(dev.release("a", plan=read_plan)) == 2


def test_a_token_of_another_release_is_refused(dev: Environment) -> None:
    outcome = dev.release("a", "e-1", token=Token(5, "wait x", 0))
    assert isinstance(outcome, Failed)
    assert "the continuation token is not one of ours" in outcome.message


def test_a_soak_watches_the_reconciler(dev: Environment) -> None:
    import datetime as dt

    made = number(dev.release("a"))

    def look(after: int) -> Outcome:
        now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=after)
        return Soak(dev.site, made, "rollback", lambda: now).look(OVER)

    assert isinstance(look(0), Continue)
    assert look(70) == Succeeded(made, f"release {made}: healthy for 60 s")
    dev.reconciler.turn = lambda: application(dev.repository.head(), "Progressing")
    assert isinstance(look(10), Continue)
    outcome = look(70)
    assert isinstance(outcome, Failed)
    assert "Application argocd/shop-dev: Synced, and Progressing" in outcome.message
    dev.reconciler.turn = lambda: application(dev.repository.head(), "Degraded")
    assert isinstance(look(10), Failed)
