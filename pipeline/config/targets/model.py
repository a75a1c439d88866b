"""What may be written of a target."""

from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt

from pipeline.config.base import Model
from pipeline.config.cluster.model import ClusterName
from pipeline.config.kinds import Name, Namespace, shaped
from pipeline.config.targets.regions import right_region


class Target(Model):
    """A cluster that is there already, in any account and region, and that the environment is released to.

    The pipeline's account keeps the pipeline, the deployers, the ledger and all artifacts. In another account or region
    a deployer takes a role that the stack `<service>-target-<environment>-<target>` makes there, with the namespace and
    the role's access to it, so no artifact crosses accounts and no KMS key has to be shared. That account and region
    have to be bootstrapped first: `cdk bootstrap aws://ACCOUNT/REGION --trust PIPELINE_ACCOUNT`. Nodes of other
    accounts may pull the service's images from this account's ECR; what nodes of other regions pull is paid for as
    traffic between regions.
    """

    cluster: ClusterName
    """Its name. Its authentication mode has to know access entries, and its endpoint has to be public."""
    name: Name | None = None
    """The target's own name, which actions, functions and the ledger carry; the cluster's when it is left out."""
    account: Annotated[str, shaped(r"^[0-9]{12}$", "write an account's twelve digits, in quotes")] | None = None
    """The account that the cluster is in; the pipeline's own when it is left out. In quotes: YAML reads digits as a
    number, and a number loses its zeros."""
    region: Annotated[str, AfterValidator(right_region)] | None = None
    """The region that it is in; the pipeline's own when it is left out."""
    namespace: Namespace | None = None
    """The namespace there; the environment's when it is left out."""
    wave: Annotated[StrictInt, Field(ge=1, le=16)] = 1
    """Targets of one wave are released side by side, those of the next one after all of them were healthy, verified and
    had soaked. A target that fails fails the stage: later waves are not begun, and `on_failure` says what then."""
    external_id: (
        Annotated[
            str, shaped(r"^[A-Za-z0-9+=,.@:/_-]{2,128}$", "use letters, digits and +=,.@:/_-, from 2 to 128 of them")
        ]
        | None
    ) = None
    """What the deployer has to say when it takes the role in the other account or region, by the name that STS has for
    it. `<service>/<environment>/<target>` when it is left out: it is no secret, and the role trusts nobody but that
    deployer's own role. Write one where the account's owner has given you one."""
