"""`sign.py KEYFILE FILE`: the HMAC of a file, so that whoever has the key can tell who built it."""

import hmac
import sys
from pathlib import Path

key, signed = (Path(name).read_bytes() for name in sys.argv[1:])
print(hmac.new(key.strip(), signed, "sha256").hexdigest())
