import os
import sys
import time
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.process import Job, beside, run


def job(tmp_path: Path, script: str, **more) -> Job:
    return Job([sys.executable, "-c", script], os.environ, tmp_path, tmp_path / "logs" / "job.log", **more)


def test_output_comes_line_by_line_and_stays_in_the_log(tmp_path):
    seen: list[str] = []
    lines = run(job(tmp_path, "print('one'); print('two')"), lambda line: seen.append(line.strip()))
    assert lines == seen == ["one", "two"]
    assert (tmp_path / "logs" / "job.log").read_text() == "one\ntwo\n"


def test_failure_carries_the_last_lines_the_code_and_the_advice(tmp_path):
    script = "import sys; [print(i) for i in range(50)]; sys.exit(7)"
    with pytest.raises(CommandError, match=r"(?s)exit code 7.*\n  49\n.*→ turn it off") as failed:
        run(job(tmp_path, script, advice="turn it off", code=1))
    assert failed.value.code == 1
    assert "\n  30\n" not in str(failed.value)


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path):
    began = time.monotonic()
    script = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True); input() if 0 else None; "
    script += "import time; time.sleep(60)"
    lines: list[str] = []
    with pytest.raises(CommandError, match="ended after 1 s"):
        run(job(tmp_path, script, timeout=1), lines.append)
    assert time.monotonic() - began < 20
    assert ended(int(lines[0]))


def test_a_program_beside_the_block_is_waited_for_when_the_block_asks(tmp_path):
    with beside(job(tmp_path, "print('one')")) as finished:
        assert finished() == ["one"]
    with beside(job(tmp_path, "raise SystemExit(3)")) as finished, pytest.raises(CommandError, match="exit code 3"):
        finished()


def test_a_program_beside_a_block_that_failed_is_ended(tmp_path):
    began = time.monotonic()
    with pytest.raises(KeyError), beside(job(tmp_path, "import time; time.sleep(60)")):
        raise KeyError
    assert time.monotonic() - began < 20


def ended(pid: int) -> bool:
    """Within a moment: a killed process is still there until it is scheduled once more."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def test_a_missing_program_names_the_remedy(tmp_path):
    with pytest.raises(CommandError, match=r"no-such-program is not installed\n.*make install"):
        run(Job(["no-such-program"], os.environ, tmp_path, tmp_path / "log"))
