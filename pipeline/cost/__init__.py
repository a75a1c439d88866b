"""What a definition costs a month on AWS, in rough figures: Service, prices, assumptions → an estimate.

    prices     prices.yaml → typed prices, with the day and the region that they are of
    estimate   what the stacks make of a service, counted → lines; pure
    told       an estimate → the lines of `shipline cost`

No price is guessed: what is not in the table is told as unknown, or as not counted.
"""

from pipeline.cost.estimate import Assumptions as Assumptions
from pipeline.cost.estimate import Estimate as Estimate
from pipeline.cost.estimate import Line as Line
from pipeline.cost.estimate import estimate as estimate
from pipeline.cost.prices import Price as Price
from pipeline.cost.prices import Prices as Prices
from pipeline.cost.prices import read as read
from pipeline.cost.told import tell as tell
