"""The access entries of all clusters, as EKS's own API tells them to the account's owner."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from local.access.entry import AccessEntry, AssociatedPolicy


class Entries:
    """Reads anew each time: whoever asks wants to know what holds now."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._client: Any = None

    def clusters(self) -> list[str]:
        return self._pages("list_clusters", "clusters")

    def entries(self) -> list[AccessEntry]:
        return [
            entry
            for cluster in self.clusters()
            for principal in self._pages("list_access_entries", "accessEntries", clusterName=cluster)
            if (entry := self._entry(cluster, principal)) is not None
        ]

    @property
    def _eks(self) -> Any:
        # Made when the API is up: the room is installed before.
        if self._client is None:
            self._client = self._session.client("eks")
        return self._client

    def _entry(self, cluster: str, principal: str) -> AccessEntry | None:
        """None when it was deleted between the two calls."""
        try:
            said = self._eks.describe_access_entry(clusterName=cluster, principalArn=principal)["accessEntry"]
            policies = self._pages(
                "list_associated_access_policies",
                "associatedAccessPolicies",
                clusterName=cluster,
                principalArn=principal,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return AccessEntry(
            cluster,
            principal,
            said.get("username") or default_username(principal),
            tuple(said.get("kubernetesGroups") or ()),
            tuple(_policy(each) for each in policies),
        )

    def _pages(self, operation: str, key: str, **arguments: str) -> list[Any]:
        return [item for page in self._eks.get_paginator(operation).paginate(**arguments) for item in page[key]]


def default_username(principal: str) -> str:
    """What EKS takes when none is given: a role's sessions keep their names, a user is its ARN."""
    if ":role/" not in principal:
        return principal
    account, role = principal.split(":")[4], principal.rpartition("/")[2]
    return f"arn:aws:sts::{account}:assumed-role/{role}/{{{{SessionName}}}}"


def _policy(said: dict[str, Any]) -> AssociatedPolicy:
    scope = said["accessScope"]
    namespaces = tuple(scope.get("namespaces") or ()) if scope["type"] == "namespace" else None
    return AssociatedPolicy(said["policyArn"], namespaces)
