"""A measured process: its time, its memory, its end."""

import json
import os
import sys

import pytest

from bench.engine.observer import ready, until
from bench.engine.peers.shipline import waited
from bench.engine.process import ProgramFailed, run
from bench.engine.works.bump import OLD, PAIRS, REFERENCES, others, text
from bench.engine.works.requests import Row


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def test_a_process_is_measured_from_its_start_to_its_end() -> None:
    ran = run(python("import time; time.sleep(0.2); print('done')"), os.environ)

    assert 0.2 <= ran.seconds < 20
    assert ran.cpu < ran.seconds
    assert ran.output == "done\n"


def test_memory_is_that_of_the_process_and_not_of_who_started_it() -> None:
    ours = bytearray(300_000_000)
    small, large = run(python("pass"), os.environ), run(python("b = bytearray(100_000_000)"), os.environ)

    assert small.memory < 50_000_000 < 100_000_000 < large.memory < len(ours)


def test_a_process_that_fails_has_no_figure() -> None:
    with pytest.raises(ProgramFailed, match=r"exit code 3\n  it broke"):
        run(python("print('it broke'); raise SystemExit(3)"), os.environ)


def test_a_process_that_hangs_is_ended() -> None:
    with pytest.raises(ProgramFailed, match="not ended after 1 s"):
        run(python("import time; time.sleep(60)"), os.environ, timeout=1)


def test_waiting_is_taken_from_the_stages_that_a_release_tells() -> None:
    told = 'shop in dev\n{\n  "stages": {\n    "apply": 0.5,\n    "wait": 1.25,\n    "settle": 0.25\n  }\n}\n✓ shop\n'

    assert waited(told) == 1.5
    assert waited("lifted\n") == 0.0


def test_requests_are_told_apart_by_what_they_do() -> None:
    row = Row(
        100, 1, {"discovery": 3, "list pods": 2, "watch pods": 1, "dry-run deployments": 1, "patch deployments": 4}
    )

    assert (row.reads, row.tries, row.writes) == (6, 1, 4)


def test_the_text_that_is_bumped_is_one_megabyte_with_27_references() -> None:
    before = text(OLD)

    assert 0.95e6 < len(before.encode()) < 1.05e6
    assert before.count(f"image: {OLD}  #") == REFERENCES
    assert before.count("---\n") == 2 * PAIRS - 1


def test_other_bytes_are_those_of_lines_that_are_not_as_they_should_be() -> None:
    assert others("a: 1\nb: 2\n", "a: 1\nb: 2\n") == 0
    assert others("a: 1\nb:  2\n", "a: 1\nb: 2\n") == 6


def test_an_observer_goes_on_where_a_watch_ended() -> None:
    def pod(name: str, status: str) -> bytes:
        item = {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": status}]}}
        return json.dumps({"type": "MODIFIED", "object": item}).encode()

    names: set[str] = set()
    error = json.dumps({"type": "ERROR", "object": {"kind": "Status"}}).encode()

    until([pod("a", "True"), pod("b", "False"), error, pod("b", "True")], ready, 2, names)
    assert names == {"a"}
    until([pod("a", "True"), pod("b", "True"), pod("c", "True")], ready, 2, names)
    assert names == {"a", "b"}
