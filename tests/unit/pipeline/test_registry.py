"""Where images are kept: the repositories and rules of ECR, or a Harbor, in the template; and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.planning.deployed import Deployed
from cli.planning.names import Names
from cli.planning.plan import make_plan
from cli.planning.telling import lines
from deployer.target import HarborPlace, read_target
from pipeline.config import InvalidDefinition, explain, load
from pipeline.config.target import shape
from pipeline.cost import Assumptions, estimate, read
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, REGION, synthesize, write_service

GOOD = "name: store\nsource: codecommit\nenvironments: [dev, staging, prod]\n"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
HUB = f"{SECRET}:ecr-pullthroughcache/hub-AbCdEf"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123"
ECR = f"""\
registry:
  keep: 30
  key: true
  cache: {{docker_hub: "{HUB}", public: true}}
  replicate:
    to: [{{region: eu-west-1}}, {{region: eu-west-1, account: "210987654321"}}]
    whole_registry: true
"""
HARBOR = f"""\
source:
  github: acme/store
  connection: arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/01234567-89ab-cdef-0123-456789abcdef
  pull_requests: {{}}
scan: high
registry:
  harbor:
    {{host: "harbor.acme.io:8443", project: shop, robot: shop/push, pull: "{SECRET}:shop/pull-AbCdEf", key: "{KEY}"}}
"""
Service = Callable[[str], Path]


@pytest.fixture(scope="module")
def ecr(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("ecr"), GOOD + ECR)
    return synthesize(folder, tmp_path_factory.mktemp("ecr-out"), account=ACCOUNT, nag=True)


@pytest.fixture(scope="module")
def harbor(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("harbor"), GOOD.replace("source: codecommit\n", "") + HARBOR)
    return synthesize(folder, tmp_path_factory.mktemp("harbor-out"), account=ACCOUNT, nag=True)


def project(made: Synthesized, name: str = "store-build") -> dict[str, Any]:
    (found,) = [each for each in made.of_type("AWS::CodeBuild::Project").values() if each["Name"] == name]
    return found


def variables(made: Synthesized, name: str = "store-build") -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in project(made, name)["Environment"]["EnvironmentVariables"]}


def statements(made: Synthesized, start: str) -> dict[str, Any]:
    """Resources by action, of the role whose id begins so."""
    (role,) = [
        key for key, each in made.resources.items() if each["Type"] == "AWS::IAM::Role" and key.startswith(start)
    ]
    found: dict[str, Any] = {}
    for each in made.statements_of(role):
        for action in [each["Action"]] if isinstance(each["Action"], str) else each["Action"]:
            found.setdefault(action, []).append(each["Resource"])
    return found


def told(made: Synthesized) -> str:
    """What the function of prod is told, without the references in it."""
    functions = made.of_type("AWS::Lambda::Function").values()
    (function,) = [each for each in functions if each["FunctionName"] == "store-deploy-prod"]
    return json.dumps(function["Environment"]).replace("\\", "")


def test_repositories_hold_what_runs_and_their_key_stays_with_them(ecr: Synthesized) -> None:
    (repository,) = [each for each in ecr.resources.values() if each["Type"] == "AWS::ECR::Repository"]
    said = repository["Properties"]
    assert said["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert said["ImageTagMutabilityExclusionFilters"] == [
        {"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "in-*"}
    ]
    assert said["EncryptionConfiguration"]["EncryptionType"] == "KMS"
    key = ecr.resources[said["EncryptionConfiguration"]["KmsKey"]["Fn::GetAtt"][0]]
    assert key["Properties"]["EnableKeyRotation"] is True
    assert [each["DeletionPolicy"] for each in (repository, key)] == ["RetainExceptOnCreate"] * 2
    assert "RepositoryPolicyText" not in said
    assert '"keep":true' in told(ecr)


def test_deployers_may_mark_images_of_their_own_repositories(ecr: Synthesized) -> None:
    may = statements(ecr, "prodDeployerRole")
    assert may["ecr:PutImage"] == may["ecr:BatchGetImage"] == may["ecr:DescribeImages"]
    assert {each for each in may if each.startswith("ecr:")} == {
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:PutImage",
    }


def test_caches_have_prefixes_of_their_own_and_arguments_that_lead_to_them(ecr: Synthesized) -> None:
    rules = {each["EcrRepositoryPrefix"]: each for each in ecr.of_type("AWS::ECR::PullThroughCacheRule").values()}
    assert rules == {
        "store.hub": {
            "EcrRepositoryPrefix": "store.hub",
            "UpstreamRegistry": "docker-hub",
            "UpstreamRegistryUrl": "registry-1.docker.io",
            "CredentialArn": HUB,
        },
        "store.public": {
            "EcrRepositoryPrefix": "store.public",
            "UpstreamRegistry": "ecr-public",
            "UpstreamRegistryUrl": "public.ecr.aws",
        },
    }
    assert "/store.hub" in json.dumps(variables(ecr)["BUILD_ARG_CACHE_HUB"])
    may = statements(ecr, "BuildRole")
    assert len(may["ecr:BatchImportUpstreamImage"]) == 1
    for where in may["ecr:BatchImportUpstreamImage"][0]:
        assert json.dumps(where).rstrip('"}]').endswith(("repository/store.hub/*", "repository/store.public/*"))
    assert may["ecr:CreateRepository"] == may["ecr:BatchImportUpstreamImage"]


def test_copies_are_made_of_this_services_repositories(ecr: Synthesized) -> None:
    (said,) = ecr.of_type("AWS::ECR::ReplicationConfiguration").values()
    assert said["ReplicationConfiguration"]["Rules"] == [
        {
            "Destinations": [
                {"Region": "eu-west-1", "RegistryId": {"Ref": "AWS::AccountId"}},
                {"Region": "eu-west-1", "RegistryId": "210987654321"},
            ],
            "RepositoryFilters": [{"Filter": "store/", "FilterType": "PREFIX_MATCH"}],
        }
    ]


def test_what_ecr_gets_has_words_of_its_own(ecr: Synthesized) -> None:
    names = Names([ecr.template("delivery")])
    found = {
        names.full(key) for key, each in ecr.resources.items() if each["Type"].startswith(("AWS::ECR", "AWS::KMS"))
    }
    assert {
        "the image repository store/web",
        "the key of the images",
        "the cache of hub",
        "the cache of public",
        "the registry's replication",
    } <= found


def test_a_key_for_repositories_that_are_there_is_told_as_what_cloudformation_refuses(ecr: Synthesized) -> None:
    before = json.loads(json.dumps(ecr.template("delivery")))
    for each in before["Resources"].values():
        if each["Type"] == "AWS::ECR::Repository":
            each["Properties"]["EncryptionConfiguration"] = {"EncryptionType": "AES256"}
    plan = make_plan(
        [Deployed("store-delivery", "UPDATE_COMPLETE", before)],
        [ecr.template("delivery")],
    )
    text = " ".join(line.strip() for line in lines(plan))
    assert "the image repository store/web is replaced by a new one; the old one stays in the account" in text
    assert "CloudFormation will refuse this: a resource with this name is there" in text


def test_a_harbor_has_the_images_and_ecr_has_nothing(harbor: Synthesized) -> None:
    kinds = {each["Type"] for each in harbor.resources.values()}
    assert not {kind for kind in kinds if kind.startswith("AWS::ECR::")}
    images = json.loads(variables(harbor)["SHIPLINE_IMAGES"])
    assert images["web"]["repository"] == "harbor.acme.io:8443/shop/web"
    assert json.loads(variables(harbor)["SHIPLINE_HARBOR"]) == {"robot": "shop/push"}
    assert '"harbor":{"host":"harbor.acme.io:8443","project":"shop","pull":' in told(harbor)
    assert '"images":{"web":"harbor.acme.io:8443/shop/web"}' in told(harbor)


def test_each_role_reads_its_own_robot_and_no_ecr(harbor: Synthesized) -> None:
    build, deployer = statements(harbor, "BuildRole"), statements(harbor, "prodDeployerRole")
    assert not [action for action in (*build, *deployer) if action.startswith("ecr:")]
    assert "secret:shop/push-??????" in json.dumps(build["secretsmanager:GetSecretValue"])
    assert deployer["secretsmanager:GetSecretValue"] == [f"{SECRET}:shop/pull-AbCdEf"]
    assert build["kms:Decrypt"] == deployer["kms:Decrypt"] == [KEY]


def test_a_pull_requests_build_gets_no_robot(harbor: Synthesized) -> None:
    assert json.loads(variables(harbor, "store-pull-requests")["SHIPLINE_HARBOR"]) == {"robot": ""}
    may = statements(harbor, "PullRequestsRole")
    assert not [action for action in may if action.startswith(("ecr:", "secretsmanager:"))]


def test_the_deployer_reads_what_it_is_told(service: Service) -> None:
    loaded = load(service(GOOD.replace("source: codecommit\n", "") + HARBOR))
    read_back = read_target(json.dumps(shape(loaded, loaded.environments[0], REGION, "t", {}, {})))
    assert read_back.harbor == HarborPlace(
        "harbor.acme.io:8443", "shop", f"{SECRET}:shop/pull-AbCdEf", "store-registry"
    )
    assert read_back.keep is False
    assert loaded.filled == ("store-registry",)  # which a deployment from a desk leaves as it is


def test_explain_and_cost_tell_where_the_images_are(service: Service) -> None:
    made = load(service(GOOD + ECR))
    (line,) = [line for line in explain(made) if line.startswith("images are kept")]
    assert line == (
        "images are kept: the newest 30 of each, and what environments run or ran before; encrypted with a key of "
        "their own; copied to eu-west-1, eu-west-1 of 210987654321; "
        "CACHE_HUB leads to a cache of registry-1.docker.io; "
        "CACHE_PUBLIC leads to a cache of public.ecr.aws"
    )
    assert "images are kept: the newest 1000 of each  (by default)" in explain(load(service(GOOD)))
    assumed = Assumptions(releases=1, build_minutes=1, deploy_minutes=1, images=9, traffic=1, logs=1)
    assert "KMS key of the images" in [line.what for line in estimate(made, read(), assumed).lines]
    (harbor_text,) = [HARBOR[HARBOR.index("registry:") :]]
    elsewhere = load(service(GOOD + harbor_text))
    assert "image web: app/web/Dockerfile, pushed to harbor.acme.io:8443/shop/web  (by default)" in explain(elsewhere)
    lines = estimate(elsewhere, read(), assumed)
    assert "ECR, images" not in [line.what for line in lines.lines]
    assert "Harbor" in lines.not_counted


OTHER = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:ecr-pullthroughcache/hub-AbCdEf"


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("key: arn:aws:kms:eu-west-1:123456789012:key/1", "registry.key: the key is in eu-west-1, and the repositor"),
        ("replicate: {to: [{region: us-east-1}], whole_registry: true}", "replicate.to[0]: us-east-1 is where the im"),
        (
            'replicate: {to: [{region: us-east-1, account: "123456789012"}], whole_registry: true}',
            "replicate.to[0]: us-east-1 is where the im",
        ),
        (f'cache: {{docker_hub: "{OTHER}"}}', "cache.docker_hub: the secret is in eu-west-1, and the pipeline in us-"),
        (f'cache: {{github: "{OTHER}"}}', "cache.github: the secret is of account 210987654321, and the pipeline of"),
        (
            f'harbor: {{host: h.acme.io, project: p, robot: a, pull: "{OTHER}"}}',
            "harbor.pull: the secret is in eu-west-1, and the pipeline in us-east-1; name one of us-east-1",
        ),
    ],
)
def test_what_is_elsewhere_is_refused_where_the_place_is_known(service: Service, added: str, said: str) -> None:
    folder = service(f"{GOOD}registry:\n  {added}\n")
    load(folder)
    with pytest.raises(InvalidDefinition) as caught:
        load(folder, account=ACCOUNT, region=REGION)
    assert said in str(caught.value)


def test_another_account_in_this_region_may_have_copies(service: Service) -> None:
    added = 'replicate: {to: [{region: us-east-1, account: "210987654321"}], whole_registry: true}'
    load(service(f"{GOOD}registry:\n  {added}\n"), account=ACCOUNT, region=REGION)


def test_a_buildspec_without_the_tools_hands_out_no_arguments(service: Service) -> None:
    folder = service(f"{GOOD}build: {{buildspec: b.yaml}}\nregistry: {{cache: {{quay: true}}}}\n")
    (folder / "b.yaml").write_text("version: 0.2\n")
    with pytest.raises(InvalidDefinition, match=r"registry\.cache: b\.yaml does not run Shipline's tools"):
        load(folder)
