"""mistakes.yaml: more than a hundred wrong definitions, and exactly what a user is told of each."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipeline.config import InvalidDefinition, load
from pipeline.config.base import Model
from tests.support.definitions import GOOD

MISTAKES: list[dict[str, str]] = yaml.safe_load(Path(__file__).with_name("mistakes.yaml").read_text())
NAMES = [each["mistake"] for each in MISTAKES]
VAGUE = ("does not fit", "None", "Traceback", "pydantic", "Input should be")


def text_of(mistake: dict[str, str]) -> str:
    return mistake["text"] if "text" in mistake else GOOD + mistake["adds"]


def mappings() -> dict[str, type[Model]]:
    """What a definition is made of, by name."""
    found, kinds = [Model], {}
    while found:
        kind = found.pop()
        kinds[kind.__name__] = kind
        found += kind.__subclasses__()
    return kinds


def in_words(told: str) -> str:
    """With the keys of the models that it names."""

    def keys(found: re.Match[str]) -> str:
        kind = mappings().get(found[1])
        return ", ".join(f"`{key}`" for key in kind.model_fields) if kind else found[0]

    return re.sub(r"\{([A-Z]\w+)\}", keys, told)


@pytest.mark.parametrize("mistake", MISTAKES, ids=NAMES)
def test_a_user_is_told_where_the_mistake_is_and_what_to_write(
    mistake: dict[str, str], service: Callable[[str], Path]
) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load(service(text_of(mistake)))
    assert str(caught.value) == f"pipeline.yaml:{in_words(mistake['told'])}"


def test_what_the_mistakes_are_made_from_is_right(service: Callable[[str], Path]) -> None:
    assert load(service(GOOD)).name == "shop"


def test_there_are_a_hundred_and_no_two_are_alike() -> None:
    assert len(NAMES) == len(set(NAMES)) == len({text_of(each) for each in MISTAKES})
    assert len(NAMES) >= 100


def test_each_line_has_a_place_a_fault_and_a_remedy_in_words() -> None:
    for each in MISTAKES:
        assert re.match(r"\d+:\d+: .+; .+", each["told"]), each
        assert not [word for word in VAGUE if word in each["told"]], each
