"""`shipline cost`: what it prints, and as data."""

import json

import pytest

from cli.errors import OK, CommandError
from cli.main import create_parser
from cli.verbs import load
from local.settings import CHECKOUT
from tests.unit.cli.fakes import Screen


def run(*argv: str) -> Screen:
    screen = Screen()
    arguments = create_parser().parse_args(["cost", *argv])
    assert load("cost").run(arguments, screen.world) == OK
    return screen


def test_text_has_the_sum_the_day_and_what_is_assumed():
    text = run(str(CHECKOUT), "--releases", "200", "--build-minutes", "7").text
    assert text.startswith("shop, a month, in US dollars: us-east-1")
    assert "assumed: 200 releases, 7 min a build" in text
    (line,) = [line for line in text.splitlines() if "CodeBuild medium, images" in line]
    assert line.split()[3:] == ["1,400", "min", "x", "0.01", "14.00"]


def test_data_has_every_line_whose_sums_are_the_total():
    told = json.loads(run(str(CHECKOUT), "--output", "json").text)
    assert told["total"] == pytest.approx(sum(line["sum"] for line in told["lines"]), abs=0.01)
    assert told["more_nodes"]["quantity"] == 2
    assert told["extended_support"]["sum"] == pytest.approx(365)
    assert {"data transfer", "tax"} < set(told["not_counted"])


def test_a_count_is_a_whole_number(capsys):
    with pytest.raises(SystemExit):
        create_parser().parse_args(["cost", "--releases", "-1"])
    assert "-1 is not a whole number" in capsys.readouterr().err


def test_a_folder_without_a_definition_is_bad_input(tmp_path):
    with pytest.raises(CommandError, match=r"there is no pipeline\.yaml"):
        run(str(tmp_path))
