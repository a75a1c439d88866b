"""docs/migrate: short pages whose commands, keys, definitions and links are there."""

import re
import shlex

import pytest
import yaml

from cli.main import create_parser
from local.settings import CHECKOUT
from pipeline.config.model import PipelineConfig
from pipeline.config.reference import reference

FOLDER = CHECKOUT / "docs/migrate"
PAGES = sorted(FOLDER.glob("*.md"))
TEXTS = {page.name: page.read_text() for page in PAGES}
KEYS = "|".join(PipelineConfig.model_fields)


def blocks(language):
    return [
        re.sub(r"^ {3}", "", block, flags=re.MULTILINE) if indent else block
        for text in TEXTS.values()
        for indent, block in re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    ]


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]
DEFINITIONS = [block for block in blocks("yaml") if block.startswith("name:")]


def test_the_index_names_every_page():
    assert set(re.findall(r"^\| .* \| \[([\w-]+\.md)\]", TEXTS["README.md"], re.MULTILINE)) == {*TEXTS} - {"README.md"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_page_is_short(name):
    assert len(TEXTS[name].splitlines()) <= 90


@pytest.mark.parametrize("command", sorted({line for line in COMMANDS if line.startswith("shipline ")}))
def test_a_command_of_ours_is_understood(command):
    create_parser().parse_args(shlex.split(command)[1:])


def test_other_commands_are_of_tools_that_people_have():
    assert {line.split()[0] for line in COMMANDS if line} == {"shipline", "cdk", "kubectl", "aws"}


@pytest.mark.parametrize("text", DEFINITIONS)
def test_a_definition_fits_the_model(text):
    PipelineConfig.model_validate(yaml.safe_load(text))


def test_every_page_but_the_index_has_a_definition():
    assert len(DEFINITIONS) == len(TEXTS) - 1


@pytest.mark.parametrize("name", TEXTS)
def test_keys_that_a_page_names_are_there(name):
    for key in re.findall(rf"`((?:{KEYS})(?:\.\w+)*)`", TEXTS[name]):
        assert reference(key)


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    for target, anchor in re.findall(r"\]\(([^)#]+)(?:#([\w-]+))?\)", TEXTS[name]):
        page = FOLDER / target
        assert page.is_file(), target
        headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}, anchor


def test_owners_of_fields_that_the_pages_name_are_those_of_the_tests():
    shown = (CHECKOUT / "tests/machine/deployer/test_taken_over.py").read_text()
    told = set(re.findall(r"`(kubectl-[a-z-]+|argocd-[a-z]+)`", "".join(TEXTS.values())))
    assert {"kubectl-client-side-apply", "kubectl-set", "argocd-controller"} <= told
    assert [manager for manager in told if manager not in shown] == []
