"""What moto's IAM store, and the stores of the services with resource policies, say: the one reader of them."""

import json
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

from local.identity.document import Statement, parse

Statements = tuple[Statement, ...]


class Roles:
    """The roles of all accounts: an ARN says whose it is."""

    def trust(self, role_arn: str) -> Statements | None:
        """The trust policy; None when there is no such role."""
        role = self._role(role_arn)
        return None if role is None else _parsed(role.assume_role_policy_document)

    def unique_id(self, role_arn: str) -> str | None:
        role = self._role(role_arn)
        return None if role is None else str(role.id)

    def granted(self, role_arn: str) -> Statements:
        """What the role's inline and managed policies say; nothing when the role is gone."""
        role = self._role(role_arn)
        if role is None:
            return ()
        documents = [*role.policies.values(), *(_default(policy) for policy in role.managed_policies.values())]
        return tuple(statement for document in documents for statement in _parsed(document))

    def boundary(self, role_arn: str) -> Statements | None:
        """The permissions boundary; None when the role has none. One that was deleted allows nothing."""
        role = self._role(role_arn)
        if role is None or not role.permissions_boundary_arn:
            return None
        policy = _iam(role_arn).managed_policies.get(role.permissions_boundary_arn)
        return () if policy is None else _parsed(_default(policy))

    def on_resource(self, resource: str) -> Statements:
        """The policy that hangs on the resource itself: S3 buckets' and KMS keys'."""
        service = resource.split(":")[2:3]
        if service == ["s3"]:
            return self._bucket_policy(resource.split(":", 5)[5].split("/", 1)[0])
        if service == ["kms"] and ":key/" in resource:
            return self._key_policy(resource)
        return ()

    def _role(self, role_arn: str) -> Any:
        # By name first: moto's own lookup by ARN walks all roles and compares texts it builds for each.
        if not account_of(role_arn).isdigit():
            return None
        try:
            role = _iam(role_arn).get_role(role_arn.rsplit("/", 1)[-1])
        except NotFoundException:
            return None
        return role if role.arn == role_arn else None

    def _bucket_policy(self, name: str) -> Statements:
        _, account = s3_backends.bucket_accounts.get(name, ("", ""))
        bucket = s3_backends[account]["aws"].buckets.get(name) if account else None
        return () if bucket is None or not bucket.policy else _parsed(bucket.policy)

    def _key_policy(self, arn: str) -> Statements:
        region, account = arn.split(":")[3:5]
        key = kms_backends[account][region].keys.get(arn.rsplit("/", 1)[1])
        return () if key is None else _parsed(key.policy)


def account_of(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _iam(role_arn: str) -> Any:
    return iam_backends[account_of(role_arn)]["aws"]


def _default(policy: Any) -> Any:
    """The document of a managed policy's default version."""
    return next(each.document for each in policy.versions if each.version_id == policy.default_version_id)


def _parsed(document: Any) -> Statements:
    """moto keeps documents as text, as bytes, or as the mapping that CloudFormation gave."""
    if isinstance(document, bytes):
        document = document.decode()
    return parse(document if isinstance(document, str) else json.dumps(document))
