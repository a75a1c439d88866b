"""Image repositories with their policies."""

import json
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.convert import arguments
from local.aws.cloudformation.resource import Deployed, Desired, made
from local.aws.cloudformation.types.base import forgiving, tags_of, undone

ELSEWHERE = {"LifecyclePolicy", "RepositoryPolicyText", "EmptyOnDelete"}
FILTERS = "ImageTagMutabilityExclusionFilters"
MUTABILITY = ("ImageTagMutability", FILTERS)


def _in_its_words(said: dict[str, Any]) -> dict[str, Any]:
    """ECR's API words the filters of mutability shorter than its CloudFormation type does."""
    if FILTERS not in said:
        return said
    key = FILTERS.removesuffix("s")
    return {
        **said,
        FILTERS: [{"FilterType": each[f"{key}Type"], "Filter": each[f"{key}Value"]} for each in said[FILTERS]],
    }


class Repository:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def ecr(self) -> Any:
        return self.aws.client("ecr")

    def create(self, desired: Desired) -> Deployed:
        said = _in_its_words({key: value for key, value in desired.properties.items() if key not in ELSEWHERE})
        said.setdefault("RepositoryName", desired.name)
        repository = self.ecr.create_repository(**arguments(self.ecr, "CreateRepository", said))["repository"]
        known = {"Arn": repository["repositoryArn"], "RepositoryUri": repository["repositoryUri"]}
        begun = made(desired, repository["repositoryName"], known)
        with undone(self, begun):
            self._policies(repository["repositoryName"], {}, desired.properties)
        return begun

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        before, now, name = deployed.properties, desired.properties, deployed.physical_resource_id
        if any(now.get(key) != before.get(key) for key in MUTABILITY):
            given = _in_its_words({key: now[key] for key in MUTABILITY if key in now}) | {"RepositoryName": name}
            given.setdefault("ImageTagMutability", "MUTABLE")
            self.ecr.put_image_tag_mutability(**arguments(self.ecr, "PutImageTagMutability", given))
        scanning = now.get("ImageScanningConfiguration")
        if scanning != before.get("ImageScanningConfiguration"):
            given = {"RepositoryName": name, "ImageScanningConfiguration": scanning or {"ScanOnPush": False}}
            self.ecr.put_image_scanning_configuration(**arguments(self.ecr, "PutImageScanningConfiguration", given))
        self._policies(name, before, now)
        self._retag(deployed.attributes["Arn"], tags_of(before), tags_of(now))
        return made(desired, name, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        """A repository with images stops the deletion unless `EmptyOnDelete` is set, as on AWS."""
        force = str(deployed.properties.get("EmptyOnDelete", "false")).lower() == "true"
        given = {"repositoryName": deployed.physical_resource_id, "force": force}
        forgiving(self.ecr, "DeleteRepository", given)

    def _policies(self, name: str, before: dict[str, Any], now: dict[str, Any]) -> None:
        if "LifecyclePolicy" in now:
            text = now["LifecyclePolicy"]["LifecyclePolicyText"]
            self.ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
        elif "LifecyclePolicy" in before:
            forgiving(self.ecr, "DeleteLifecyclePolicy", {"repositoryName": name})
        if "RepositoryPolicyText" in now:
            policy = now["RepositoryPolicyText"]
            text = policy if isinstance(policy, str) else json.dumps(policy)
            self.ecr.set_repository_policy(repositoryName=name, policyText=text)
        elif "RepositoryPolicyText" in before:
            forgiving(self.ecr, "DeleteRepositoryPolicy", {"repositoryName": name})

    def _retag(self, arn: str, before: dict[str, str], now: dict[str, str]) -> None:
        if before.keys() - now.keys():
            self.ecr.untag_resource(resourceArn=arn, tagKeys=sorted(before.keys() - now.keys()))
        if now and now != before:
            self.ecr.tag_resource(resourceArn=arn, tags=[{"Key": k, "Value": v} for k, v in now.items()])
