"""Which processors an EC2 instance type has, by AWS's naming: family, generation, attributes, size.

`g` among the attributes is a Graviton processor (m7g, c7gn, im4gn); before the generation it is a series (g6).
"""

import re
from typing import Literal

Architecture = Literal["amd64", "arm64"]
NAME = re.compile(r"(?P<series>[a-z]+)(?P<generation>\d+)(?P<attributes>[a-z-]*)[a-z0-9-]*\.")


def architecture(instance_type: str) -> Architecture:
    """A name of a form that AWS has not used yet counts as amd64."""
    found = NAME.match(instance_type)
    if found is None:
        return "amd64"
    return "arm64" if found["series"] == "a" or "g" in found["attributes"] else "amd64"
