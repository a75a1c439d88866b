"""docs/differences.md says what the code does: its tables are made from the code's own registries.

`python -m tests.unit.test_differences` writes them anew.
"""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from local.aws.cloudformation.types import PROVIDERS
from local.codebuild import service as codebuild
from local.codepipeline import api as codepipeline
from local.codepipeline.providers import AVAILABLE
from local.context import Context
from local.settings import Home
from local.wire import JsonService

NOBODY = cast(Any, None)  # services that are only asked what they have need no callers
PAGE = Path(__file__).resolve().parents[2] / "docs" / "differences.md"
TABLE = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n)(?P<rows>(?:\|.*\n|\n(?=\|))*)")


def tables() -> dict[str, str]:
    pipelines = JsonService("codepipeline", NOBODY, codepipeline.handlers(NOBODY, NOBODY), codepipeline.absent)
    return {
        "providers": table("provider", AVAILABLE),
        "codepipeline-operations": table("operation", pipelines.missing),
        "codebuild-operations": table("operation", builds().missing),
        "types": table("type", PROVIDERS),
    }


def builds() -> JsonService:
    with tempfile.TemporaryDirectory() as folder:
        home = Home.open({"SHIPLINE_HOME": folder, "SHIPLINE_CACHE": folder})
        home.aws.mkdir()
        made = codebuild.create(Context(home, NOBODY, codebuild_events(), NOBODY), list, dict)
        made.stop()
        return made.api


def codebuild_events() -> Any:
    class Silent:
        def publish(self, *_: Any) -> None: ...

    return Silent()


def table(head: str, names: Iterable[str]) -> str:
    return "".join(f"| {cell} |\n" for cell in (head, "---", *sorted(names)))


def current() -> str:
    made = tables()
    return TABLE.sub(lambda match: f"{match[1]}\n{made[match['name']]}", PAGE.read_text())


def test_the_page_of_differences_is_what_the_code_says():
    assert PAGE.read_text() == current()


if __name__ == "__main__":
    PAGE.write_text(current())
