"""Run a program and write down what it took; a small process of its own, since a child begins with its parent's memory.

python -I -S launch.py RESULT PROGRAM ARGUMENT...
"""

import json
import os
import sys
import time

result, *argv = sys.argv[1:]
began = time.monotonic()
pid = os.posix_spawnp(argv[0], argv, os.environ)
_, status, usage = os.wait4(pid, 0)
ended = time.monotonic()
took = {
    "began": began,
    "ended": ended,
    "code": os.waitstatus_to_exitcode(status),
    "memory": usage.ru_maxrss * 1024,
    "cpu": usage.ru_utime + usage.ru_stime,
}
with open(result, "w") as written:
    json.dump(took, written)
