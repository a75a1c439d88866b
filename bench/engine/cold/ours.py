"""A cold start of the deployer: its handler, called as Lambda calls it."""

import json
import sys

from deployer import start


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


start.handle(json.loads(sys.argv[1]), Context())
