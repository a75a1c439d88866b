"""docs/plan.md shows what the command says. `python -m tests.unit.cli.planning.test_page` writes its example anew."""

import re
import tempfile
from pathlib import Path

from cli.planning.deployed import Deployed
from cli.planning.plan import make_plan
from cli.planning.telling import lines
from local.settings import CHECKOUT
from tests.unit.cli.planning.conftest import made

PAGE = CHECKOUT / "docs" / "plan.md"
TEXT = re.compile(r"```text\n(.*?)```", re.DOTALL)


def example(page: str, folder: Path) -> str:
    old, new = (
        made(folder / str(number), text)
        for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    )
    there = [Deployed(stack.name, "UPDATE_COMPLETE", stack.template) for stack in old]
    return "\n".join([*lines(make_plan(there, [stack.template for stack in new])), ""])


def test_the_example_of_the_page_is_the_commands(tmp_path: Path) -> None:
    page = PAGE.read_text()
    assert TEXT.findall(page) == [example(page, tmp_path)]


def main() -> None:
    page = PAGE.read_text()
    with tempfile.TemporaryDirectory() as folder:
        told = example(page, Path(folder))
    PAGE.write_text(TEXT.sub(lambda _: f"```text\n{told}```", page))


if __name__ == "__main__":
    main()
