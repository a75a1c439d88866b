import argparse
from pathlib import Path

import pytest

from cli.engine.options import add_checks, add_content, add_place, duration


def parsed(*words):
    parser = argparse.ArgumentParser()
    for add in (add_place, add_content, add_checks):
        add(parser)
    return parser.parse_args(words)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yaml", "c,d.yaml", "e[1].yaml"):
        (tmp_path / name).touch()
    (tmp_path / "shop").mkdir()


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["-f", "a.yaml", "-f", "b.yaml"], ["a.yaml", "b.yaml"]),
        (["-f", "a.yaml,b.yaml", "--filename=shop"], ["a.yaml", "b.yaml", "shop"]),
        (["-f", "[ab].yaml,shop"], ["a.yaml", "b.yaml", "shop"]),
        (["-f", "c,d.yaml", "-f", "e[1].yaml"], ["c,d.yaml", "e[1].yaml"]),
        (["-f", "x*.yaml,-"], ["x*.yaml", "-"]),
        (["-f", "a.yaml", "shop"], ["a.yaml"]),
        ([], []),
    ],
)
def test_files_are_named_as_kubectl_takes_them(here, words, files):
    assert parsed(*words).filename == files


def test_values_are_named_as_helm_takes_them(here):
    assert parsed("--values", "a.yaml,b.yaml", "--values", "a.yaml").values == ["a.yaml", "b.yaml", "a.yaml"]


def test_folder_is_one_and_what_a_shell_made_of_a_pattern_is_told_so(here, capsys):
    assert parsed("--env", "dev", "shop", "-f", "a.yaml").folder == Path("shop")
    assert parsed().folder is None
    for words in (["-f", "a.yaml", "b.yaml"], ["-f", "a.yaml", "b.yaml", "shop"]):
        with pytest.raises(SystemExit):
            parsed(*words)
        assert "several manifests are written -f a.yaml,b.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "percent"), [("0", 0), ("50", 50), ("100", 100)])
def test_prune_is_a_percentage_as_in_the_definition(text, percent):
    assert parsed("--prune", text).prune == percent


@pytest.mark.parametrize("text", ["-1", "101", "0.5", "50%", "half", "\u0663"])
def test_what_is_no_percentage_is_bad_input(text, capsys):
    with pytest.raises(SystemExit):
        parsed(f"--prune={text}")
    assert "is no percentage" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1h", 3600), ("0.5m", 30)])
def test_times_are_seconds_or_have_a_unit(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "0", "-1", "1d", "nan", "inf", "ten"])
def test_what_is_no_time_is_bad_input(text):
    with pytest.raises(argparse.ArgumentTypeError, match="no time"):
        duration(text)
