"""Every mistake in pipeline.yaml: found, placed, and said with a remedy; all of them at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import InvalidDefinition, load
from pipeline.config.kinds import REMEDIES, SLUG
from pipeline.config.model import PipelineConfig
from tests.support.definitions import GOOD, problems

Service = Callable[[str], Path]
CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef"
UUID = "01234567-89ab-cdef-0123-456789abcdef"
PLAIN = "deploy: [{manifests: manifests}]\n"


def test_six_mistakes_are_six_errors_on_their_lines(service: Service) -> None:
    folder = service(
        "name: shop\n"
        "source: codecomit\n"  # 2: not a source
        "images:\n"
        "  web: {context: app/web, dockerfil: Dockerfile}\n"  # 4: unknown key
        "  api: app/api\n"  # 5: no such folder
        "environments:\n"
        "  - dev\n"
        "  - name: staging\n"
        "    timeout: 10\n"  # 9: no unit
        "  - name: dev\n"  # 10: twice
        "deployer:\n"
        "  memory: 64\n"  # 12: out of range
    )
    found = problems(folder)
    assert [(p.line, p.column) for p in found] == [(2, 9), (4, 27), (5, 8), (9, 14), (10, 11), (12, 11)]
    assert [p.wrong for p in found] == [
        "`codecomit` is not known here",
        "there is no such key",
        "there is no folder app/api",
        "`10` is not a duration that fits",
        "`dev` is there twice",
        "`64` is out of range",
    ]
    assert all(p.remedy for p in found)


def test_an_error_is_one_line_with_file_place_key_and_remedy(service: Service) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load(service(GOOD + "tset: pytest\n"))
    assert str(caught.value) == "pipeline.yaml:4:1: tset: there is no such key; did you mean `test`?"


def _windowed(window: str) -> str:
    return f"name: shop\nsource: codecommit\nenvironments:\n  - name: prod\n    window: {{{window}}}\n"


# (what is added to or replaced in a good file, where the error is, what it says)
CASES = {
    "half hours": (_windowed("hours: '09:30-16:00'"), (5, 21), "write whole hours"),
    "window over midnight": (_windowed("hours: '22:00-04:00'"), (5, 21), "ends on the day on which it begins"),
    "hours beyond the day": (_windowed("hours: '22:00-25:00'"), (5, 21), "write whole hours"),
    "days across the week": (_windowed("hours: '09:00-16:00', days: Fri-Mon"), (5, 42), "a week begins on Monday"),
    "days that are none": (_windowed("hours: '09:00-16:00', days: Weekdays"), (5, 42), "as in Mon-Thu"),
    "zone that is none": (_windowed("hours: '09:00-16:00', zone: Europe/Berln"), (5, 42), "mean Europe/Berlin?"),
    "window without hours": (_windowed("days: Mon"), (5, 13), "write `hours:`"),
    "version of a cluster that is there": (
        GOOD + "cluster: {existing: platform, version: '1.36'}\n", (4, 31), "keys here are `existing`"
    ),
    "version that YAML reads as a number": (GOOD + "cluster: {version: 1.36}\n", (4, 20), "'1.36', with its quotes"),
    "word that YAML reads as a boolean": (
        GOOD.replace("[dev, staging, prod]", "[on]") + PLAIN, (3, 16), "put it into quotes if it is a word"
    ),
    "repository without its owner": (
        GOOD.replace("codecommit", f"{{github: acme, connection: {CONNECTION}}}"), (2, 18), "as owner/repository"
    ),
    "unknown key far from any": (GOOD + "zzz: 1\n", (4, 1), "keys here are `name`"),
    "name missing": ("source: codecommit\nenvironments: [dev]\n", (1, 1), "write `name:`"),
    "source missing": ("name: shop\nenvironments: [dev]\n", (1, 1), "write `source:`"),
    "environments missing": ("name: shop\nsource: codecommit\n", (1, 1), "write `environments:`"),
    "no environment": ("name: shop\nsource: codecommit\nenvironments: []\n", (3, 15), "it is empty"),
    "name with capitals": (GOOD.replace("shop", "Shop"), (1, 7), "lower-case letters"),
    "name with two hyphens": (GOOD.replace("shop", "my--shop"), (1, 7), "single hyphens"),
    "name is a number": (GOOD.replace("shop", "7"), (1, 7), "`7` is not a text"),
    "name is too long": (GOOD.replace("shop", "s" * 41), (1, 7), "more than 40 characters"),
    "duplicate key": (GOOD + "name: other\n", (4, 1), "first on line 1"),
    "environments are a mapping": ("name: shop\nsource: codecommit\nenvironments: {dev: {}}\n", (3, 15), "not a list"),
    "environment key misspelt": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: dev, aprove: true}"), (4, 17), "did you mean `approve`?",
    ),
    "approve is a word": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: dev, approve: maybe}"), (4, 26), "not a yes or no",
    ),
    "approval expires too late": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: dev, approve: {expires: 90d}}"),
        (4, 36), "CodePipeline sets",
    ),
    "verify is true": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: dev, verify: true}"), (4, 25), "or false for none",
    ),
    "verify is missing on disk": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: dev, verify: buildspec/v.yaml}"), (4, 25), "there is no",
    ),
    "namespace used twice": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: dev, namespace: a}\n  - {name: staging, namespace: a}"),
        (5, 32), "a namespace of its own",
    ),
    "namespace is Kubernetes' own": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: dev, namespace: kube-system}"), (4, 28), "Kubernetes' own",
    ),
    "environment is CodePipeline's word": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: variables}\n") + PLAIN, (4, 12), "CodePipeline's own word",
    ),
    "environment named like an approval stage": (
        GOOD.replace("[dev, staging, prod]", "\n  - {name: dev, approve: true}\n  - {name: dev-approval}\n") + PLAIN,
        (5, 12), "also the name of the approval stage",
    ),
    "function name too long": (
        GOOD.replace("shop", "s" * 30).replace("dev", "e" * 30) + PLAIN,
        (3, 16), "Lambda takes 64",
    ),
    "overlay missing": (GOOD.replace("prod", "qa"), (3, 30), "manifests/overlays/qa has no kustomization.yaml"),
    "chart missing": (GOOD + "deploy: [{chart: charts/nope}]\n", (4, 18), "has no Chart.yaml"),
    "chart by a tag alone": (
        GOOD + "deploy: [{chart: 'oci://123456789012.dkr.ecr.us-east-1.amazonaws.com/charts/web:1.0.0'}]\n",
        (4, 18), "@sha256:DIGEST",
    ),
    "chart in another registry": (
        GOOD + f"deploy: [{{chart: 'oci://ghcr.io/charts/web@sha256:{'a' * 64}'}}]\n", (4, 18), "dkr.ecr",
    ),
    "values missing": (GOOD + "deploy: [{chart: charts/web, values: [v.yaml]}]\n", (4, 38), "there is no v.yaml"),
    "manifests missing": (GOOD + "deploy: [{manifests: nope}]\n", (4, 22), "nope has no YAML file"),
    "kustomization missing": (GOOD + "deploy: [{kustomize: app}]\n", (4, 22), "app has no kustomization.yaml"),
    "two kinds of delivery in one": (
        GOOD + "deploy: [{kustomize: manifests/base, chart: charts/web}]\n", (4, 10), "exclude each other",
    ),
    "no kind of delivery": (GOOD + "deploy: [{path: manifests}]\n", (4, 10), "none of `kustomize`"),
    "delivery misspelt": (GOOD + "deploy: [{kustomise: manifests}]\n", (4, 10), "did you mean `kustomize`?"),
    "deploy is a mapping": (GOOD + "deploy: {chart: charts/web}\n", (4, 9), "not a list"),
    "unknown placeholder": (GOOD + "deploy: [{kustomize: 'm/{env}'}]\n", (4, 22), "placeholder is `{environment}`"),
    "path leaves the folder": (GOOD + "images: {web: ../web}\n", (4, 15), "without `..`"),
    "path is absolute": (GOOD + "images: {web: /web}\n", (4, 15), "relative to the service's folder"),
    "Dockerfile missing": (GOOD + "images: {web: manifests}\n", (4, 15), "there is no manifests/Dockerfile"),
    "image name with capitals": (GOOD + "images: {Web: app/web}\n", (4, 15), "lower-case"),
    "build argument with latest": (
        GOOD + "images: {web: {context: app/web, args: {BASE: 'python:latest'}}}\n", (4, 47), "`latest`",
    ),
    "build argument of an environment": (
        GOOD + "images: {web: {context: app/web, args: {STAGE: '{environment}'}}}\n",
        (4, 48), "built once, for all environments",
    ),
    "test with latest": (GOOD + "test: docker run node:latest test\n", (4, 7), "`latest`"),
    "build secret with two keys": (
        GOOD + "images: {web: {context: app/web, secrets: {npm: 'a:b:c'}}}\n", (4, 49), "name or whole ARN",
    ),
    "build secret by half an ARN": (
        GOOD + "images: {web: {context: app/web, secrets: {npm: 'arn:aws:secretsmanager:eu-west-1:1:secret:a'}}}\n",
        (4, 49), "name or whole ARN",
    ),
    "build secret as an object": (
        GOOD + "images: {web: {context: app/web, secrets: {'npm,src=/etc/x': a}}}\n", (4, 62), "up to 64 of them",
    ),
    "build secret whose key is an alias": (
        GOOD + "images: {web: {context: app/web, secrets: {npm: {reference: a, key: alias/mine}}}}\n",
        (4, 69), "write the key's ARN",
    ),
    "build timeout in seconds": (GOOD + "build: {timeout: 330s}\n", (4, 18), "CodeBuild counts in whole minutes"),
    "queue timeout beyond CodeBuild's": (GOOD + "build: {queue_timeout: 9h}\n", (4, 24), "which CodeBuild sets"),
    "VPC by its name": (
        GOOD + "build: {vpc: {id: main, subnets: [subnet-01234567], security_groups: [sg-01234567]}}\n",
        (4, 19), "write the VPC's id",
    ),
    "VPC without subnets": (
        GOOD + "build: {vpc: {id: vpc-01234567, subnets: [], security_groups: [sg-01234567]}}\n",
        (4, 42), "it is empty",
    ),
    "VPC without security groups": (
        GOOD + "build: {vpc: {id: vpc-01234567, subnets: [subnet-01234567]}}\n", (4, 14), "write `security_groups:`",
    ),
    "subnet twice": (
        GOOD + "build: {vpc: {id: vpc-01234567, subnets: [subnet-01234567, subnet-01234567], "
        "security_groups: [sg-01234567]}}\n", (4, 60), "there twice",
    ),
    "coverage that asks for nothing": (
        GOOD + "test: {command: pytest, coverage: {report: c.xml}}\n", (4, 35), "write `lines:`, `branches:` or both",
    ),
    "coverage beyond all": (GOOD + "test: {command: pytest, coverage: {lines: 101}}\n", (4, 43), "write 100 or less"),
    "coverage as a share": (GOOD + "test: {command: pytest, coverage: {lines: 0.8}}\n", (4, 43), "not a whole number"),
    "coverage outside of the folder": (
        GOOD + "test: {command: pytest, coverage: {lines: 80, report: ../c.xml}}\n", (4, 55), "without `..`",
    ),
    "buildspec missing": (GOOD + "build: {buildspec: b.yaml}\n", (4, 20), "there is no b.yaml"),
    "build timeout too short": (GOOD + "build: {timeout: 1m}\n", (4, 18), "outside of 5m to 8h"),
    "build compute unknown": (GOOD + "build: {compute: huge}\n", (4, 18), "'large', 'xlarge' or '2xlarge'"),
    "deployer timeout beyond Lambda's": (GOOD + "deployer: {timeout: 20m}\n", (4, 21), "which AWS Lambda sets"),
    "deployer memory in quotes": (GOOD + "deployer: {memory: '1024'}\n", (4, 20), "not a whole number"),
    "history below none": (GOOD + "deployer: {history: -1}\n", (4, 21), "0"),
    "prune beyond all": (GOOD.replace("prod", "{name: prod, prune: 101}"), (3, 50), "100"),
    "prune as a share": (GOOD.replace("prod", "{name: prod, prune: 0.5}"), (3, 50), "not a whole number"),
    "prune with its sign": (GOOD.replace("prod", "{name: prod, prune: 50%}"), (3, 50), "not a whole number"),
    "force in words": (GOOD.replace("prod", "{name: prod, force_conflicts: always}"), (3, 60), "true or false"),
    "force for all at once": (GOOD + "force_conflicts: true\n", (4, 1), "no such key"),
    "duration without unit": (GOOD + "deployer: {timeout: 90}\n", (4, 21), "a number with its unit"),
    "duration in words": (GOOD + "deployer: {timeout: soon}\n", (4, 21), "a number with its unit"),
    "cluster version as a number": (GOOD + "cluster: {version: 1.36}\n", (4, 20), "write '1.35' or '1.36'"),
    "cluster version unknown": (GOOD + "cluster: {version: '1.20'}\n", (4, 20), "'1.35' or '1.36'"),
    "more nodes at least than at most": (GOOD + "cluster: {nodes: {least: 5}}\n", (4, 26), "is more than `most`"),
    "admin is no ARN": (GOOD + "cluster: {admins: [me]}\n", (4, 20), "not allowed here"),
    "alarms without a soak": (
        "name: shop\nsource: codecommit\nenvironments: [{name: dev, alarms: [errors]}]\n",
        (3, 36),
        "alarms are watched while a release soaks",
    ),
    "an alarm by its ARN": (
        "name: shop\nsource: codecommit\nenvironments: [{name: dev, soak: 1m, alarms: ['a:b']}]\n",
        (3, 47),
        "is not allowed here",
    ),
    "a folder that this is not": (
        "name: shop\nsource: {codecommit: all, folder: services/shop}\nenvironments: [dev]\n",
        (2, 35),
        "which is no folder services/shop of a repository",
    ),
    "executions side by side": (GOOD + "pipeline: {mode: parallel}\n", (4, 18), "no stage rollback in PARALLEL mode"),
    "secret twice": (GOOD + "secrets: [a, a]\n", (4, 14), "there twice"),
    "secret with capitals": (GOOD + "secrets: [API]\n", (4, 11), "lower-case"),
    "github without connection": (
        GOOD.replace("codecommit", "{github: a/b}"), (2, 9), "write `connection:`",
    ),
    "github without owner": (
        GOOD.replace("codecommit", f"{{github: b, connection: '{CONNECTION}'}}"), (2, 18), "not allowed here",
    ),
    "source of two kinds": (
        GOOD.replace("codecommit", "{github: a/b, codecommit: c}"), (2, 9), "exclude each other",
    ),
    "gitlab without a group": (
        GOOD.replace("codecommit", f"{{gitlab: b, connection: '{CONNECTION}'}}"), (2, 18), "not allowed here",
    ),
    "source is a bare github": (GOOD.replace("codecommit", "github"), (2, 9), "`github` alone says too little"),
    "branch with a space": (GOOD.replace("codecommit", "{codecommit: c, branch: 'a b'}"), (2, 33), "not allowed here"),
    "nine patterns": (
        GOOD.replace(
            "codecommit",
            f"{{github: a/b, connection: '{CONNECTION}', push: {{paths: [a, b, c, d, e, f, g, h, i]}}}}",
        ), (2, 147), "more than 8 items",
    ),
    "mail that is none": (GOOD + "notify: ops.acme.example\n", (4, 9), "write a mail address"),
    "one mail of two that is none": (GOOD + "notify: [ops@acme.example, ops]\n", (4, 28), "write a mail address"),
    "mail twice": (GOOD + "notify: [ops@acme.example, Ops@acme.example]\n", (4, 28), "there twice"),
    "nobody told": (GOOD + "notify: {on: [failed]}\n", (4, 9), "nobody is told"),
    "told of nothing": (GOOD + "notify: {mail: [a@b.example], on: []}\n", (4, 35), "it is empty"),
    "told of what never happens": (
        GOOD + "notify: {mail: [a@b.example], on: [failure]}\n", (4, 36), "'failed', 'approval', 'released'"
    ),
    "told twice of the same": (
        GOOD + "notify: {mail: [a@b.example], on: [failed, failed]}\n", (4, 44), "there twice"
    ),
    "slack channel by its name": (
        GOOD + "notify: {slack: {workspace: T0123ABCD, channel: '#releases'}}\n", (4, 49), "C0123ABCD, no name"
    ),
    "slack workspace by its name": (
        GOOD + "notify: {slack: {workspace: acme, channel: C0123ABCD}}\n", (4, 29), "begins with T"
    ),
    "teams channel as people copy it": (
        GOOD + f"notify: {{teams: {{tenant: {UUID}, team: {UUID}, channel: '19:abc@thread.tacv2'}}}}\n",
        (4, 117), "URL-encoded",
    ),
    "teams tenant by its name": (
        GOOD + f"notify: {{teams: {{tenant: acme, team: {UUID}, channel: 19%3aabc%40thread.tacv2}}}}\n",
        (4, 26), "console shows",
    ),
    "topic by its name": (GOOD + "notify: {topic: ours}\n", (4, 17), "the ARN of a standard topic"),
    "topic that keeps an order": (
        GOOD + "notify: {topic: 'arn:aws:sns:us-east-1:123456789012:ours.fifo'}\n", (4, 17), "a standard topic"
    ),
    "alarms for nobody": (GOOD + "observe: {alarms: true}\n", (4, 19), "nobody would hear the alarms"),
    "longest without a unit": (GOOD + "observe: {longest: 90}\n", (4, 20), "a number with its unit"),
    "observe is a word": (GOOD + "observe: much\n", (4, 10), "not a yes or no"),
    "a tab": (GOOD + "build:\n\ttimeout: 5m\n", (5, 1), "indent with spaces"),
    "an open bracket": (GOOD + "secrets: [a\n", (4, 10), "has no end, or lacks a comma"),
    "an anchor": (GOOD + "images: {a: &x app/web, b: *x}\n", (4, 13), "write the part out"),
    "a merge key": (GOOD + "build: {<<: {timeout: 5m}}\n", (4, 9), "a key must be a plain word"),
    "a tag": (GOOD + "test: !!python/object:os.system x\n", (4, 7), "put the text in quotes"),
    "two documents": (GOOD + "---\nname: b\n", (5, 1), "more than one document"),
    "a list": ("- name: shop\n", (1, 1), "has to be a mapping"),
    "a word": ("shop\n", (1, 1), "has to be a mapping"),
    "nothing": ("", (1, 1), "the file is empty"),
    "only a comment": ("# shop\n", (1, 1), "the file is empty"),
    "a control character": ("name: sh\x00op\n", (1, 1), "not allowed in YAML"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_found_alone_and_placed(case: str, service: Service) -> None:
    text, place, said = CASES[case]
    found = [problem for problem in problems(service(text)) if place == (problem.line, problem.column)]
    rendered = [problem.render("pipeline.yaml") for problem in problems(service(text))]
    assert found, rendered
    assert any(said in problem.render("") for problem in found), rendered
    assert len(rendered) == 1, rendered


def test_too_many_stages_are_refused(service: Service) -> None:
    items = "".join(f"  - {{name: e{n}, approve: true}}\n" for n in range(25))
    folder = service(f"name: shop\nsource: codecommit\ndeploy: [{{manifests: manifests}}]\nenvironments:\n{items}")
    (problem,) = problems(folder)
    assert problem.wrong == "the pipeline would have 52 stages; CodePipeline takes 50"


def test_too_much_for_a_functions_environment_is_refused(service: Service) -> None:
    secrets = ", ".join(f"secret-number-{n}" for n in range(40))
    found = problems(service(GOOD + f"secrets: [{secrets}]\n"))
    assert [problem.where for problem in found] == [("environments", 0), ("environments", 1), ("environments", 2)]
    assert "Lambda takes 4096" in found[0].wrong


def test_a_folder_without_a_definition_says_so(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert problem.wrong == "there is no such file"
    assert "-c service=PATH" in problem.remedy


def test_a_service_without_images_or_manifests_hears_of_both(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(GOOD)
    assert [problem.wrong for problem in problems(tmp_path)] == [
        "there is no image to build",
        "there is nothing to deploy",
    ]


def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_bytes(b"name: shop\nsource: \xff\n")
    (problem,) = problems(tmp_path)
    assert (problem.line, problem.wrong) == (2, "the file is not UTF-8")


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text("[" * 20000)
    (problem,) = problems(tmp_path)
    assert "nested too deeply" in problem.wrong


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@,?\n \t0.1ñ"), max_size=60))
def test_no_text_is_a_traceback(text: str, tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(text)
    assert problems(tmp_path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["dev", "codecommit", "5m"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["name", "source", "images", "deploy", "environments", "approve", "verify", "chart", "github", "push", "paths",
         "include", "test", "command", "cluster", "nodes", "context", "x"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.dictionaries(
        st.sampled_from(["name", "source", "images", "test", "build", "deploy", "secrets", "environments", "cluster"]),
        VALUES,
    )
)
def test_no_shape_of_data_is_a_traceback(data: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(data))
    assert problems(tmp_path)


def test_no_pattern_is_told_as_a_pattern() -> None:
    def patterns(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            yield from (value for key, value in part.items() if key == "pattern" and isinstance(value, str))
            yield from part.get("patternProperties", {})
        for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from patterns(each)

    found = set(patterns(PipelineConfig.model_json_schema()))
    durations = {pattern for pattern in found if pattern.startswith(r"^(?=\d)")}  # they have their own words
    assert SLUG in found
    assert found - durations <= REMEDIES.keys()
