"""Which program runs which runtime."""

import sys

import pytest

from local.functions.errors import RuntimeUnavailable
from local.functions.runtimes import runtime_of


def test_python_is_the_base_interpreter_not_the_projects_environment() -> None:
    runtime = runtime_of("python3.11")
    assert runtime.argv[0] == "/var/lang/bin/python3.11"
    assert "-S" in runtime.argv, "no site-packages"
    assert (sys.base_prefix, "/var/lang") in runtime.binds
    assert sys.prefix not in dict(runtime.binds)


@pytest.mark.parametrize("name", ["python3.99", "python2.7", "java21", "ruby3.4", ""])
def test_a_runtime_that_is_not_here_is_told(name: str) -> None:
    with pytest.raises(RuntimeUnavailable, match="not available"):
        runtime_of(name)


def test_node_and_own_runtimes_have_their_programs() -> None:
    assert runtime_of("nodejs22.x").argv[0] == "/var/lang/bin/node"
    assert runtime_of("provided.al2023").argv == ("/var/task/bootstrap",)
