"""Lines of code per folder: what git has, without empty lines."""

import subprocess
from collections import Counter
from pathlib import PurePosixPath

from bench.figures import Figure
from local.settings import CHECKOUT

CODE = {".py", ".yaml", ".yml", ".tpl", ".js", ".mjs"}
SPLIT = ("lambdas", "local")  # folders whose own folders are counted one by one


def figures() -> list[Figure]:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    files, lines = Counter[str](), Counter[str]()
    for name in listed.stdout.splitlines():
        path = PurePosixPath(name)
        if path.suffix in CODE and (CHECKOUT / path).is_file():
            files[folder(path)] += 1
            lines[folder(path)] += sum(bool(line.strip()) for line in (CHECKOUT / path).read_text().splitlines())
    rows = [Figure(name, f"{lines[name]} lines", "") for name in sorted(lines)]
    return [*rows, Figure(f"all {files.total()} files", f"{lines.total()} lines")]


def folder(path: PurePosixPath) -> str:
    """`local/git/api.py` → `local/git`, `local/wire.py` → `local`, `cli/verbs/up.py` → `cli`."""
    parts = path.parts[:-1]
    return "/".join(parts[: 2 if parts and parts[0] in SPLIT else 1]) or "."
