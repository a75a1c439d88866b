"""The keys that say which secrets the namespaces hold: made by Shipline, or kept by the team."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Discriminator, StrictBool, Tag

from pipeline.config.base import Model
from pipeline.config.kinds import KMS_KEY, Name, Short, secret_reference, shaped
from pipeline.config.problems import Finding
from pipeline.config.service import SecretReference, Target

GENERATED = "generated"
KINDS = (
    "write `generated`, a Secrets Manager secret's name or whole ARN, with `:KEY` for one key of its JSON, "
    "or ssm:/NAME for a parameter; `{environment}` stands for the environment"
)


class Secret(Model):
    """A Secret in each environment's namespace. Its value is read from where it is kept when a release begins, goes
    into the cluster and nowhere else, and takes the place of what was there: a new value arrives with the next release,
    and pods read it when they start."""

    reference: Annotated[str, shaped(secret_reference(r"\{environment\}"), KINDS, 600)]
    """`generated`: a value of 32 letters and digits, made once per environment. Else where it is kept, in this account
    unless an ARN says otherwise: the name or the whole ARN of a Secrets Manager secret, whose JSON keys become those of
    the Secret (what is no JSON object is under `value`), with `:KEY` behind it for one key alone; or `ssm:/NAME` for a
    parameter, under `value`. It has to be there when a release begins."""
    key: Annotated[str, shaped(KMS_KEY, "write the key's ARN: arn:aws:kms:REGION:ACCOUNT:key/ID")] | None = None
    """The ARN of the KMS key that encrypts it; not needed for AWS's own keys."""
    restart: StrictBool = False
    """Whether a new value comes by itself, from this account and region: EventBridge tells the environment's deployer
    of it, which delivers the release that runs once more, with that value, and so restarts the Deployments,
    StatefulSets and DaemonSets that use the Secret, as their own rollout goes. It is a release with a number of its
    own: a hold stops it, a freeze does not, and where pods do not become healthy with the new value, the old one is put
    back. A release that is under way is waited for, as long as three invocations of the deployer may take. Going back
    to an earlier release keeps the new value. What was stopped comes with the next release."""


def _listed_or_named(value: Any) -> str:
    return "<secret>" if isinstance(value, dict) else "<list>"


ListedOrNamed = Annotated[
    Annotated[tuple[Name, ...], Tag("<list>")]
    | Annotated[dict[Name, Annotated[Secret, Short("reference", str)]], Tag("<secret>")],
    Discriminator(_listed_or_named),
]


def generated(secrets: tuple[str, ...] | dict[str, Secret]) -> tuple[str, ...]:
    """The names of those that Shipline makes."""
    if isinstance(secrets, tuple):
        return secrets
    return tuple(name for name, secret in secrets.items() if secret.reference == GENERATED)


def referenced(secrets: tuple[str, ...] | dict[str, Secret], environment: str) -> tuple[SecretReference, ...]:
    """Those that somebody keeps, as one environment reads them."""
    if isinstance(secrets, tuple):
        return ()
    return tuple(
        SecretReference(name, secret.reference.replace("{environment}", environment), secret.key, secret.restart)
        for name, secret in secrets.items()
        if secret.reference != GENERATED
    )


def findings(secrets: tuple[str, ...] | dict[str, Secret]) -> Iterator[Finding]:
    for name, secret in secrets.items() if isinstance(secrets, dict) else ():
        if secret.key and secret.reference == GENERATED:
            wrong = "a generated secret is encrypted with AWS's own key"
            yield Finding(("secrets", name, "key"), wrong, "leave it out, or name a secret of yours")
        if secret.restart and secret.reference == GENERATED:
            wrong = "a generated value is made once and stays"
            yield Finding(("secrets", name, "restart"), wrong, "leave it out, or name a secret of yours")


def told(environments: Sequence[Target]) -> Iterator[tuple[str, str]]:
    """(name, where each environment's value comes from)"""
    for secret in environments[0].secrets if environments else ():
        kept = {each.reference for target in environments for each in target.secrets if each.name == secret.name}
        also = "; a new value restarts what uses it" if secret.restart else ""
        yield secret.name, f"read with each release from {', '.join(sorted(kept))}{also}"
