"""Physical names as CloudFormation makes them up: stack, logical id, random characters, within the type's limits."""

import secrets
import string

ALPHABET = string.ascii_uppercase + string.digits
LIMITS = {"AWS::S3::Bucket": 63, "AWS::IAM::Role": 64, "AWS::IAM::User": 64, "AWS::Lambda::Function": 64}
LOWER = {"AWS::S3::Bucket", "AWS::ECR::Repository"}  # names that may hold no capitals


def physical_name(type_name: str, stack_name: str, logical_id: str) -> str:
    suffix = "".join(secrets.choice(ALPHABET) for _ in range(12))
    room = LIMITS.get(type_name, 128) - len(suffix) - 2
    logical = logical_id[: max(room - len(stack_name), room // 2)]
    name = f"{stack_name[: room - len(logical)]}-{logical}-{suffix}"
    return name.lower() if type_name in LOWER else name
