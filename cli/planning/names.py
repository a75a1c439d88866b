"""Logical ids → words: what a thing is to the one who wrote pipeline.yaml. Pure.

An id says where a construct stands (`prodDeployerRole81954D41`). What the tables do not know is told by type and id.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from cli.planning.template import Resource, Template, properties, resources
from pipeline.config.cluster.equipment.known import ACCOUNTS

HASH = re.compile(r"[0-9A-F]{8}$")
# The first that matches an id without its hash. {env} is an environment, {name} what the resource calls itself.
PLACES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"ReleaseConditions.*", "the condition {name}"),
        (r"ComputeLog.*", "the log of what CodePipeline itself runs"),
        (r"Release(?P<what>[a-z0-9]+(before|success|failure)\d)ActionRole.*", "the condition {what}"),
        (r"ReleasePipelineSourceBase.*EventRule.*", "the trigger of a base image"),
        (r"ReleaseBase.*ActionRole.*", "the action of a base image"),
        (r"Release(?P<env>[a-z0-9]+)(?P<what>[A-Z][a-z]+)ActionRole.*", "the action {what} of {env}"),
        (r"Release(?P<what>[A-Z][a-z]+)ActionRole.*", "the action {what}"),
        (r"Release.*Event(s?)R(ole|ule).*", "the trigger of the pipeline"),
        (r"ReleaseUploads", "the bucket {name}"),
        (r"ReleaseUploads.*", "the bucket of uploads"),
        (r"ReleaseRepository", "the repository {name}"),
        (r"Release(Role.*|Pipeline)", "the pipeline"),
        (r"ImagesKey", "the key of the images"),
        (r"RegistryCache(?P<what>.+)", "the cache of {what}"),
        (r"RegistryReplication", "the registry's replication"),
        (r"Images(?P<what>.+)", "the image repository {name}"),
        (r"ArtifactsAccessLog.*", "the bucket of access logs"),
        (r"Artifacts.*", "the bucket of artifacts"),
        (r"Ledger", "the ledger"),
        (r"KubectlAndHelm", "kubectl and helm"),
        (r"Build.*", "the build"),
        (r"SigningAlias", "the name of the key that signs"),
        (r"Signing", "the key that signs"),
        (r"PullRequests.*", "the builds of pull requests"),
        (r"PreviewsImages(?P<what>.+)", "the image repository {name}"),
        (r"PreviewsSecret.*", "the secret {name}"),
        (r"PreviewsKeeper.*", "the keeper of previews' namespaces"),
        (r"PreviewsDeployer.*", "the deployer of previews"),
        (r"Previews.*", "the builds of previews"),
        (r"ToldKey", "the key of what is told"),
        (r"ToldRule(?P<what>.+)", "what tells of {what}"),
        (r"Told(People|Chat).*", "the topic {name}"),
        (r"ToldChannels.*", "the chat channels"),
        (r"Watched.*", "the dashboard and its alarms"),
        (r"Door.*", "the way into the cluster"),
        (r"Person.*", "the access of {name}"),
        (r"Network.*", "the network"),
        (r"EquipmentAddonsRole(?P<what>.+?)(DefaultPolicy)?", "the add-on {what}"),
        (r"EquipmentAddonsLog.*", "Container Insights"),
        (r"EquipmentAddons.+", "the add-on {name}"),
        (r"EquipmentFiles.*", "the files of EFS"),
        (r"EquipmentBalancing.*", "the load balancer controller"),
        (r"EquipmentKarpenterInterruptions.*", "the queue of interruptions"),
        (r"EquipmentKarpenterRule(?P<what>.+)", "what tells Karpenter of {what}"),
        (r"EquipmentKarpenter(NodeRole|Profile|Join)", "the nodes of Karpenter"),
        (r"EquipmentKarpenter.*", "Karpenter"),
        (r"EquipmentAutoscaler.*", "the Cluster Autoscaler"),
        (r"EquipmentPrometheus.*", "the metrics of Prometheus"),
        (r"ClusterVpcCni", "the add-on {name}"),
        (r"ClusterSecretsKey", "the key of the cluster's secrets"),
        (r"ClusterNodegroup.*", "the node group"),
        (r"ClusterFargateRole.*", "pods on Fargate"),
        (r"ClusterFargate(?P<env>[a-z0-9]+)", "the pods of {env} on Fargate"),
        (r"ClusterVpcCni", "the network add-on"),
        (r"Cluster.*", "the cluster"),
        (r"(Target)?NamespacesMade", "the namespaces"),
        (r"TargetNamespaces.*", "the maker of namespaces"),
        (r"TargetDeploying.*", "who deploys from the pipeline's account"),
        (r"TargetVerifying.*", "who verifies from the pipeline's account"),
        (r"Namespaces.*", "the maker of namespaces"),
        (r"Admin\d+", "the administrator {name}"),
        (r"(?P<env>[a-z0-9]+)Deployer.*", "the deployer of {env}"),
        (r"(?P<env>[a-z0-9]+)Verifier.*", "the verification of {env}"),
        (r"(?P<env>[a-z0-9]+)Secret.*", "the secret {name}"),
    )
)
PARTS = {
    "AWS::APS::Scraper": "collector",
    "AWS::APS::Workspace": "workspace",
    "AWS::CodeBuild::Project": "project",
    "AWS::CodePipeline::Pipeline": "pipeline",
    "AWS::DynamoDB::Table": "table",
    "AWS::EC2::EIP": "address",
    "AWS::EC2::VPC": "VPC",
    "AWS::EC2::VPCCidrBlock": "further range of addresses",
    "AWS::EC2::VPCEndpoint": "VPC endpoint",
    "AWS::EFS::FileSystem": "file system",
    "AWS::EKS::AccessEntry": "access to the cluster",
    "AWS::EKS::PodIdentityAssociation": "identity",
    "AWS::IAM::InstanceProfile": "instance profile",
    "AWS::IAM::ManagedPolicy": "policy",
    "AWS::IAM::Policy": "rights",
    "AWS::KMS::Key": "key",
    "AWS::Lambda::LayerVersion": "layer",
    "AWS::Lambda::Permission": "permission to be called",
    "AWS::Logs::LogGroup": "log",
    "AWS::Logs::ResourcePolicy": "policy of the log",
    "AWS::S3::BucketPolicy": "policy",
}
NAMES = (
    *("RepositoryName", "TableName", "BucketName", "FunctionName", "TopicName", "QueueName", "AlarmName"),
    *("AddonName", "Name"),
)
ADDONS = {name.replace("-", ""): name for name in ACCOUNTS}  # as ids have them
# Types that are the thing itself; of any other one, the thing is what it belongs to.
WHOLE = (
    "AWS::CodeBuild::Project",
    "AWS::CodeCommit::Repository",
    "AWS::CodePipeline::Pipeline",
    "AWS::DynamoDB::Table",
    "AWS::ECR::PullThroughCacheRule",
    "AWS::ECR::ReplicationConfiguration",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::EKS::Addon",
    "AWS::EKS::Cluster",
    "AWS::EKS::FargateProfile",
    "AWS::EKS::Nodegroup",
    "AWS::Events::Rule",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "Custom::Namespaces",
)


@dataclass(frozen=True)
class Name:
    thing: str
    part: str
    whole: bool

    @property
    def full(self) -> str:
        return self.thing if self.whole else f"the {self.part} of {self.thing}"


class Names:
    """Of all resources of some templates, in which an id means one thing. Two of one type never have the same words.

    `stack` is told with each where another stack has the same ids.
    """

    def __init__(self, templates: Iterable[Template], stack: str = "") -> None:
        templates = list(templates)
        known = {re.sub(r"[^a-z0-9]", "", stage): stage for each in templates for stage in _stages(each)}
        self._names: dict[str, Name] = {}
        self._types: dict[str, str] = {}
        for template in templates:
            for key, resource in resources(template).items():
                name = _name(key, resource, known)
                self._names[key] = replace(name, thing=f"{name.thing} ({stack})") if stack else name
                self._types[key] = resource["Type"]
        self._doubles = _doubles(self._names, self._types)

    def name(self, key: str) -> Name:
        return self._names.get(key) or Name(key, "value", whole=True)

    def full(self, key: str) -> str:
        """For the resource itself; with its id when another one of its type has the same words."""
        found = self.name(key).full
        return f"{found} ({key})" if key in self._doubles else found

    def actor(self, key: str) -> str:
        """For a role: what acts by it."""
        if self._types.get(key) != "AWS::IAM::Role":
            return self.full(key)
        found = self.name(key).thing
        return f"{found} ({key})" if key in self._doubles else found


def part_of(kind: str) -> str:
    return PARTS.get(kind) or _spaced(kind.rpartition("::")[2])


def plural(count: int, word: str) -> str:
    if count == 1:
        return f"1 {word}"
    if word.endswith(("y", "s")) and not word.endswith(("ay", "ey")):
        word = word[:-1] + "ie" if word.endswith("y") else word + "e"
    return f"{count} {word}s"


def _name(key: str, resource: Resource, environments: Mapping[str, str]) -> Name:
    kind, human = resource["Type"], HASH.sub("", key)
    for pattern, words in PLACES:
        if match := pattern.fullmatch(human):
            found = {group: value or "" for group, value in match.groupdict().items()}
            env, what = found.get("env", ""), found.get("what", "")
            known = {"env": environments.get(env, env), "what": ADDONS.get(what, what)}
            thing = words.format(**{**found, **known, "name": _own(resource) or human})
            return Name(thing, part_of(kind), kind in WHOLE)
    own = _own(resource)
    return Name(f"the {part_of(kind)} {own or human}", part_of(kind), whole=True)


def _stages(template: Template) -> Iterator[str]:
    """An environment is a stage; of its name an id has the letters and digits alone."""
    for resource in resources(template).values():
        if resource["Type"] == "AWS::CodePipeline::Pipeline":
            for stage in properties(resource).get("Stages", ()):
                yield stage["Name"]
                for action in stage["Actions"]:
                    verb, _, target = str(action["Name"]).partition("-")
                    if target and verb == "Deploy":
                        yield f"{stage['Name']}-{target}"


def _own(resource: Resource) -> str:
    """The name that the resource has for everybody; empty when AWS chooses it."""
    values: Mapping[str, Any] = properties(resource)
    found = [values[name] for name in NAMES if isinstance(values.get(name), str)]
    if resource["Type"] == "AWS::EKS::AccessEntry" and isinstance(values.get("PrincipalArn"), str):
        return str(values["PrincipalArn"]).rpartition("/")[2]
    return str(found[0]) if found else ""


def _doubles(names: Mapping[str, Name], types: Mapping[str, str]) -> frozenset[str]:
    seen: dict[tuple[str, str], list[str]] = {}
    for key, name in names.items():
        seen.setdefault((name.full, types[key]), []).append(key)
    return frozenset(key for keys in seen.values() if len(keys) > 1 for key in keys)


@cache
def _spaced(word: str) -> str:
    """`SubnetRouteTableAssociation` → `subnet route table association`"""
    return " ".join(
        part if part.isupper() else part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", word)
    )
