"""What a Harbor is to a release: its registry, its scans, and one Secret more."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

from deployer.bump.references import Image
from deployer.errors import Fatal
from deployer.harbor.api import Account, Harbor
from deployer.objects import Object
from deployer.target import Target
from deployer.values import dataclass, replace
from deployer.world import Edges, Vault


@dataclass(frozen=True)
class HarborRegistry:
    harbor: Harbor

    def check(self, images: Iterable[Image]) -> None:
        """Fatal for an image whose digest Harbor does not hold."""
        for image in images:
            found = self.harbor.artifact(image)
            if not isinstance(found, dict) or found.get("digest") != image.digest:
                raise Fatal(
                    f"Harbor has no {image.pinned}.",
                    subject=f"image {image.name}",
                    remedy="It was deleted, or never pushed: build the commit again.",
                )


@dataclass(frozen=True)
class PullSecrets:
    """The secrets of `vault`, and the one that pods pull images of `host` with."""

    vault: Vault
    host: str
    account: Account
    name: str

    def secrets(self) -> list[Object]:
        return [*self.vault.secrets(), self._pull()]

    def _pull(self) -> Object:
        robot = self.account.robot
        auth = {"username": robot.name, "password": robot.password, "auth": robot.basic}
        text = json.dumps({"auths": {self.host: auth}}, sort_keys=True)
        data = {".dockerconfigjson": base64.b64encode(text.encode()).decode()}
        kind = "kubernetes.io/dockerconfigjson"
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": self.name}, "type": kind, "data": data}


def in_harbor(edges: Edges, target: Target, client: Any, learn: Callable[[Iterable[str]], None]) -> Edges:
    """The edges of a target whose images are in a Harbor; `client` is boto3's for Secrets Manager."""
    place = target.harbor
    assert place is not None
    account = Account(client, place.pull, learn)
    harbor = Harbor(place.host, account)
    scans = None
    if target.scan:
        from deployer.gates.harbor import HarborScans

        scans = HarborScans(harbor)
    vault = PullSecrets(edges.vault, place.host, account, place.secret)
    return replace(edges, registry=HarborRegistry(harbor), vault=vault, scans=scans)
