"""moto as a long-running account instead of a test double: settings, and six habits that it has to give up."""

import functools
import os
import threading
from typing import Any

import moto.iam.models
from moto.awslambda.models import LambdaFunction, LayerVersion
from moto.core.common_models import BaseModel
from moto.dynamodb.responses import DynamoHandler
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from local.aws import kms
from local.aws.bodies import keep_code_in_files


def apply() -> None:
    """Before any backend is made."""
    # Roles of a template attach AWS's managed policies, and the gate reads what they allow.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # A thousand images of AWS's, with volumes and snapshots, half of every snapshot of ours: nothing here boots one.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    keep_code_in_files(LambdaFunction, LayerVersion)
    write_in_turns()
    kms.correct()
    # A key is looked for in each partition, which would read AWS's policies six times.
    setattr(moto.iam.models, "PARTITION_NAMES", ["aws"])  # noqa: B010  not exported
    # moto remembers every object that was ever made, for its tests to reset: a leak here.
    setattr(BaseModel, "__new__", _untracked)  # noqa: B010  of another signature
    # The gate has judged the bucket's policy; moto reads it without its conditions, and refuses all but plain HTTP.
    setattr(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)  # noqa: B010  of another signature
    # S3 takes a logging target before the policy that lets the logs in: a template makes them in that order.
    setattr(FakeBucket, "_log_permissions_enabled_policy", lambda *_, **__: True)  # noqa: B010  not public


def write_in_turns() -> None:
    """DynamoDB's promise that a write is one step: moto reads, judges and writes an item while others do the same."""
    setattr(DynamoHandler, "call_action", _in_turns)  # noqa: B010  so that it can be said twice


_answer = DynamoHandler.call_action
_turn = threading.Lock()


@functools.wraps(_answer)
def _in_turns(handler: DynamoHandler) -> Any:
    with _turn:
        return _answer(handler)


def _untracked(cls: type, *args: object, **kwargs: object) -> object:
    return object.__new__(cls)
