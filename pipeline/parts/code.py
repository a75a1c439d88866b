"""The deployer's zip as the code of a function."""

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

from pipeline.assets.deployer import bundle


def deployer_code() -> lambda_.Code:
    """Its hash is that of its inputs: the same on every machine, whatever the compiler's bytes."""
    made = bundle()
    return lambda_.Code.from_asset(str(made.archive), asset_hash=made.key, asset_hash_type=AssetHashType.CUSTOM)
