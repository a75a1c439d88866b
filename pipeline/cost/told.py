"""An estimate → the lines of `shipline cost`, which fit 100 columns."""

import textwrap
from collections.abc import Iterator

from pipeline.cost.estimate import Assumptions, Estimate, Line
from pipeline.cost.prices import Prices

WIDTH = 100


def tell(found: Estimate, prices: Prices, assumed: Assumptions) -> list[str]:
    return list(_lines(found, prices, assumed))


def _lines(found: Estimate, prices: Prices, assumed: Assumptions) -> Iterator[str]:
    yield f"{found.service}, a month, in US dollars: {prices.region}, on demand, prices of {prices.day}"
    yield from map(_line, found.lines)
    yield _total(found)
    if found.extended:
        yield f"{rough(found.extended.sum)} more for {found.extended.what}, when it gets there before it is upgraded"
    yield from _wrapped(f"assumed: {_assumed(found, assumed)}")
    yield from _wrapped(f"not counted: {', '.join(found.not_counted)}")


def rough(amount: float | None) -> str:
    """Two figures are all that such an estimate is good for: `$420`, `$37`, `$0.80`."""
    if amount is None:
        return "unknown"
    if amount < 10:
        return f"${amount:.2f}"
    return f"${round(amount, 2 - len(str(int(amount)))):,.0f}"


def _line(line: Line) -> str:
    amount = f"{line.quantity:,.0f}{_unit(line)}"
    if line.sum is None:
        return f"  {line.what:<34} {amount:>12} x {'unknown':<12} {'unknown':>9}"
    free = f"  ({line.free:,.0f}{_unit(line)} free)" if line.free else ""
    return f"  {line.what:<34} {amount:>12} x {_price(line):<12} {line.sum:>9.2f}{free}"


def _unit(line: Line) -> str:
    return "" if line.per == "one" else f" {line.per}"


def _price(line: Line) -> str:
    """With as many digits as it has, and the cents at least."""
    whole, _, cents = f"{line.price:.10f}".partition(".")
    return f"{whole}.{cents.rstrip('0'):<02}"


def _total(found: Estimate) -> str:
    but = "".join(f" and {what}, whose price is unknown" for what in found.unknown)
    more = ""
    if found.more_nodes and found.more_nodes.sum is not None:
        more = f", {rough(found.total + found.more_nodes.sum)} {found.more_nodes.what}"
    return f"about {rough(found.total)} a month{but}{more}; without data transfer and tax"


def _assumed(found: Estimate, assumed: Assumptions) -> str:
    said = [
        f"{assumed.releases} releases",
        f"{assumed.build_minutes} min a build",
        f"{assumed.deploy_minutes} min a deployment, a plan or a verification",
        f"{assumed.images} GB of images",
        f"{assumed.logs} GB of logs",
    ]
    if found.through:
        said.append(f"{assumed.traffic} GB through {found.through}")
    return ", ".join([*said, "nobody else in the account uses what is free"])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ")
