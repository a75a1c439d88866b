"""IPv4 ranges as people write them: an address and a length, beginning where a range of that length begins."""

from ipaddress import IPv4Network

from pydantic_core import PydanticCustomError

PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))  # RFC 1918
SHARED = IPv4Network("100.64.0.0/10")  # RFC 6598


def parsed(text: str, example: str) -> IPv4Network:
    address, _, length = text.partition("/")
    try:
        range_ = IPv4Network(text, strict=False)
    except ValueError:
        raise wrong("write an IPv4 range with its length, as in {example}", example=example) from None
    if not length.isdigit():
        raise wrong("write its length, too: {range}", range=str(range_))
    if str(range_.network_address) != address:
        raise wrong("the range of this length begins at {range}", range=str(range_))
    return range_


def wrong(said: str, **values: str) -> PydanticCustomError:
    return PydanticCustomError("cidr", said, values)


def sized(range_: IPv4Network, most: int, least: int, what: str) -> None:
    """`most` and `least` are lengths: a short one is a large range."""
    if not most <= range_.prefixlen <= least:
        raise wrong("{what} is /{most} to /{least}", what=what, most=str(most), least=str(least))


def within(range_: IPv4Network, *wide: IPv4Network) -> bool:
    return any(range_.subnet_of(each) for each in wide)
