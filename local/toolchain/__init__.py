"""What the machine is made of: each program declared once, with its version, how to tell it is there, how to get it.

`python -m local.toolchain` installs what is missing, once for all homes and clones, below the cache folder.
`problems` says what no installing can mend.
"""

from local.toolchain.debian import debian_packages_installed
from local.toolchain.machine import problems

__all__ = ["debian_packages_installed", "problems"]
