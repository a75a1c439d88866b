"""Which registries are asked for a packed chart, and as whom."""

import boto3
from botocore.stub import Stubber

from cli.engine.charts import registries
from deployer.target import Source, Target

ECR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"


def target(*charts, images=()):
    deliveries = tuple(Source("helm", chart, "shop") for chart in charts)
    return Target("shop", "dev", "dev", "", "", "", {str(n): image for n, image in enumerate(images)}, deliveries)


def packed(host):
    return f"oci://{host}/charts/shop@sha256:{'a' * 64}"


def nobody(service, region):
    raise AssertionError(f"{service} is asked")


def test_registries_are_those_of_the_images_and_of_the_charts_that_are_named():
    found = registries(target(packed("ghcr.io"), "charts/web", images=[f"{ECR}/shop/web"]), nobody)
    assert found.allowed == {"ghcr.io", ECR}


def test_ecr_is_asked_with_the_token_of_its_own_region_and_others_with_none():
    asked = []

    def client(service, region):
        asked.append((service, region))
        made = boto3.client(service, region_name=region, aws_access_key_id="k", aws_secret_access_key="s")
        stub = Stubber(made)
        stub.add_response("get_authorization_token", {"authorizationData": [{"authorizationToken": "QVdTOnB3"}]})
        stub.activate()
        return made

    found = registries(target(), client)
    assert (found.basic("ghcr.io"), asked) == ("", [])
    assert found.basic(f"{ECR}.attacker.example") == ""
    assert (found.basic(ECR), asked) == ("QVdTOnB3", [("ecr", "eu-central-1")])
