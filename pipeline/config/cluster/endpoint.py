"""From where the cluster's API server can be reached: what may be written of it."""

import ipaddress
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from pipeline.config.base import Model
from pipeline.config.cluster.ranges import parsed, wrong

# Reserved addresses, which EKS refuses. Those of documentation are left out: AWS's own examples use them.
RESERVED = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
    )
)


def _public(text: str) -> str:
    range_ = parsed(text, "203.0.113.0/24")
    if range_.prefixlen == 0:
        raise wrong("that is everywhere, as it is without `endpoint`: leave that out")
    if any(range_.overlaps(reserved) for reserved in RESERVED):
        raise wrong("EKS takes no private or reserved addresses: write those that the world sees")
    return text


class Endpoint(Model):
    """The public endpoint of the cluster's API server. Where it is restricted, the deployers, the builds that verify
    and the function that makes the namespaces run in the cluster's private subnets, and reach the private endpoint;
    what they need of AWS goes through NAT gateways or VPC endpoints. Releases fail between the deployment of the
    cluster stack and that of the delivery stack. To open the endpoint again, deploy the delivery stack alone first,
    with `cdk deploy --exclusively`: its functions leave the network before what they use there goes."""

    public_from: Annotated[tuple[Annotated[str, AfterValidator(_public)], ...], Field(min_length=1, max_length=40)]
    """The IPv4 ranges from which people reach it, such as an office's: `203.0.113.0/24`, `198.51.100.7/32`."""


def _word_or_ranges(value: Any) -> str:
    return "<private>" if isinstance(value, str) else "<endpoint>"


PrivateOrEndpoint = Annotated[
    Annotated[Endpoint, Tag("<endpoint>")] | Annotated[Literal["private"], Tag("<private>")],
    Discriminator(_word_or_ranges),
]
