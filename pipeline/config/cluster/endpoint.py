"""From where the cluster's public endpoint can be reached: what may be written of it."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from pipeline.config.base import Model

# Reserved addresses, which EKS refuses. Those of documentation are left out: AWS's own examples use them.
RESERVED = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
    )
)


def _public(text: str) -> str:
    address, _, length = text.partition("/")
    try:
        range_ = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise PydanticCustomError("cidr", "write an IPv4 range with its length, as in 203.0.113.0/24") from None
    if not length.isdigit():
        raise PydanticCustomError("cidr", "write its length, too: {range}", {"range": str(range_)})
    if range_.prefixlen == 0:
        raise PydanticCustomError("cidr", "that is everywhere, as it is without `endpoint`: leave that out")
    if str(range_.network_address) != address:
        raise PydanticCustomError("cidr", "the range of this length begins at {range}", {"range": str(range_)})
    if any(range_.overlaps(reserved) for reserved in RESERVED):
        raise PydanticCustomError("cidr", "EKS takes no private or reserved addresses: write those that the world sees")
    return text


class Endpoint(Model):
    """The public endpoint of the cluster's API server. Where it is restricted, the deployers, the builds that verify
    and the function that makes the namespaces run in the cluster's private subnets, and reach the private endpoint;
    what they need of AWS goes through the NAT gateway. Releases fail between the deployment of the cluster stack and
    that of the delivery stack. To open the endpoint again, deploy the delivery stack alone first, with `cdk deploy
    --exclusively`: its functions leave the network before what they use there goes."""

    public_from: Annotated[tuple[Annotated[str, AfterValidator(_public)], ...], Field(min_length=1, max_length=40)]
    """The IPv4 ranges from which people reach it, such as an office's: `203.0.113.0/24`, `198.51.100.7/32`."""
