"""A target with every default chosen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """`account` and `region` are None where they are the pipeline's own."""

    name: str
    cluster: str
    account: str | None
    region: str | None
    namespace: str
    wave: int
    external_id: str

    @property
    def elsewhere(self) -> bool:
        """A deployer needs a role there."""
        return self.account is not None or self.region is not None

    @property
    def where(self) -> str:
        """For people."""
        told = ", ".join(each for each in (self.region, f"account {self.account}" if self.account else None) if each)
        return f"{self.cluster} in {told}" if told else self.cluster
