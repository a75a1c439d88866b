import pytest

from cli.engine.choice import chosen, gone_back_to
from cli.errors import CommandError
from deployer.ledger import Entry, History


def history(current, *told):
    """`told`, oldest first: "ok", "bad", or "BAD>TO" for a rollback."""
    entries = []
    for number, word in enumerate(told, 1):
        bad, _, to = word.partition(">")
        execution = f"ann@desk/1/rollback-{bad}-{to}" if to else "ann@desk/1"
        entries.append(Entry(number, "Failed" if word == "bad" else "Succeeded", execution))
    return History(tuple(reversed(entries)), current, None)


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (history(2, "ok", "ok"), 1),
        (history(3, "ok", "bad", "ok"), 1),
        (history(2, "ok", "ok", "bad"), 1),
        (history(4, "ok", "ok", "ok", "3>2"), 1),  # what was gone back to is where it stands
        (history(5, "ok", "ok", "ok", "3>2", "ok"), 2),  # 3 was rolled back from, 4 is 2
        (history(6, "ok", "ok", "ok", "3>2", "ok", "5>2"), 1),
    ],
)
def test_the_good_release_before_what_runs_is_gone_back_to(before, wanted):
    assert chosen(before, None, "shop in dev").number == wanted


@pytest.mark.parametrize("before", [history(0), history(1, "ok"), history(3, "ok", "ok", "2>1")])
def test_where_none_is_before_there_is_nothing_to_go_back_to(before):
    with pytest.raises(CommandError, match="no good release before"):
        chosen(before, None, "shop in dev")


def test_any_good_release_can_be_named():
    assert chosen(history(3, "ok", "ok", "ok"), 1, "shop in dev").number == 1
    with pytest.raises(CommandError, match="release 2 ended as Failed"):
        chosen(history(3, "ok", "bad", "ok"), 2, "shop in dev")


def test_rollback_tells_what_it_went_back_to():
    newest, *_ = history(3, "ok", "ok", "2>1").entries
    assert (gone_back_to(newest), gone_back_to(Entry(1, "Succeeded"))) == (1, 0)
