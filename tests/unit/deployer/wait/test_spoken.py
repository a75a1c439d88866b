"""What a wait says while it lasts."""

from deployer.wait.spoken import Spoken


def said(states: list[tuple[float, str]]) -> list[str]:
    lines: list[str] = []
    spoken = Spoken(lines.append)
    for waited, state in states:
        spoken.of(state, waited)
    return lines


def test_the_first_state_is_told_at_once_and_the_same_one_never_again() -> None:
    assert said([(0.0, "0 of 2"), (5.0, "0 of 2"), (600.0, "0 of 2")]) == ["0 of 2"]


def test_states_that_follow_each_other_fast_are_left_out() -> None:
    assert said([(0.0, "0 of 3"), (0.1, "1 of 3"), (0.9, "2 of 3"), (1.0, "2 of 3")]) == ["0 of 3", "2 of 3"]


def test_a_long_wait_of_ever_new_states_is_told_in_some_dozens_of_lines() -> None:
    lines = said([(tenth / 10, str(tenth)) for tenth in range(9_000)])
    assert 30 < len(lines) < 80
