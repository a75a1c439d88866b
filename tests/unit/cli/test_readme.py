"""The README's commands exist, with the options and names that it gives them."""

import re
import shlex
from pathlib import Path

import pytest

from cli.main import create_parser
from local.settings import CHECKOUT

README = (CHECKOUT / "README.md").read_text()
RELEASES = (CHECKOUT / "docs/releases.md").read_text()
NOTIFICATIONS = (CHECKOUT / "docs/notifications.md").read_text()
PLAN = (CHECKOUT / "docs/plan.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README + RELEASES + NOTIFICATIONS + PLAN, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]
SHIPLINE_LINES = [line for line in LINES if re.match(r"(\.venv/bin/)?shipline ", line)]
INLINE = re.findall(r"`shipline ([a-z]+)[^`]*`", README)


def test_readme_has_commands_to_check():
    assert len(SHIPLINE_LINES) > 8


@pytest.mark.parametrize("line", SHIPLINE_LINES)
def test_command_of_the_readme_is_understood(line):
    create_parser().parse_args(shlex.split(line)[1:])


@pytest.mark.parametrize("verb", sorted(set(INLINE)))
def test_verb_that_the_readme_mentions_is_there(verb):
    assert create_parser().parse_args([verb]).verb == verb


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(--[a-z-]+)", RELEASES)) - {"--no-wait"}))
def test_option_of_the_releases_page_is_there(option):
    parser = create_parser()
    (verbs,) = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
    known = {name for verb in ("diff", "deploy", "rollback", "hold") for name in verbs[verb]._option_string_actions}
    assert option in known


def test_make_targets_of_the_readme_are_in_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert {words[1] for line in LINES if (words := line.split())[0] == "make"} <= targets


def test_edits_of_the_readme_fit_the_sample():
    assert 'VERSION = "1.0.0"' in (CHECKOUT / "app/web/web.py").read_text()
    assert (CHECKOUT / "app/web/Dockerfile").read_text().splitlines()[-1].startswith("ENTRYPOINT")


def test_links_of_the_readme_lead_to_files_of_the_repository():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (CHECKOUT / target).is_file(), f"{target} is not there"


def test_smallest_definition_of_the_readme_is_the_smallest_that_works(tmp_path: Path):
    from cli.definition import load_service

    (definition,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "pipeline.yaml").write_text(definition)
    (tmp_path / "app/web").mkdir(parents=True)
    (tmp_path / "app/web/Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/web.yaml").write_text("kind: Service\n")
    service = load_service(tmp_path)
    assert [target.name for target in service.environments] == ["dev", "staging", "prod"]
