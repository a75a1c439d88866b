"""What EKS would refuse of a cluster and its namespaces, or leave without a place for pods: said with its line."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from pipeline.config.cluster import check, model
from pipeline.config.cluster.instances import architecture
from pipeline.config.cluster.resolve import resolve
from pipeline.config.cluster.versions import CALENDAR
from tests.support.definitions import GOOD, problems

Service = Callable[[str], Path]
ROLE = "arn:aws:iam::123456789012:role/people"
LINKED = "arn:aws:iam::123456789012:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"


def groups(*lines: str) -> str:
    return GOOD + "cluster:\n  nodes:\n" + "".join(f"    {line}\n" for line in lines)


def endpoint(ranges: str) -> str:
    return GOOD + f"cluster: {{endpoint: {{public_from: [{ranges}]}}}}\n"


def person(said: str) -> str:
    return GOOD + f"cluster:\n  people:\n    - {{{said}}}\n"


def environment(said: str) -> str:
    return GOOD.replace("[dev, staging, prod]", f"\n  - {{name: dev, {said}}}")


# (the file, where the error is, what it says)
CASES = {
    "auto mode beside nodes": (
        GOOD + "cluster:\n  compute: auto\n  nodes: {least: 1}\n", (6, 10), "leave `nodes` or `compute: auto` out",
    ),
    "compute misspelt": (GOOD + "cluster: {compute: automatic}\n", (4, 20), "'nodes' or 'auto'"),
    "all nodes arm64": (GOOD + "cluster: {nodes: {type: m7g.large}}\n", (4, 25), "an amd64 type, such as m6i.large"),
    "all groups arm64": (
        groups("a: {type: m7g.large, taints: [{key: arch, value: arm64}]}"), (6, 5), "all nodes are arm64",
    ),
    "arm64 without a taint": (
        groups("a: {}", "b: {type: c7gn.xlarge}"), (7, 8), "give it `taints: [{key: arch, value: arm64}]`",
    ),
    "arm64 with a taint that only asks": (
        groups("a: {}", "b: {type: m7g.large, taints: [{key: arch, effect: PreferNoSchedule}]}"), (7, 8), "is arm64",
    ),
    "two architectures in a group": (
        groups("a: {types: [m6i.large, m7g.large]}"), (6, 16), "m6i.large is amd64, m7g.large is arm64",
    ),
    "one type and several": (groups("a: {type: m6i.large, types: [m5.large]}"), (6, 33), "exclude each other"),
    "group of a key of the one": (groups("a: {}", "most: 3"), (7, 11), "is not a mapping"),
    "key of a group misspelt": (groups("a: {taint: []}"), (6, 9), "did you mean `taints`?"),
    "group with capitals": (groups("A: {}"), (6, 8), "lower-case"),
    "more at least than at most": (groups("a: {least: 5}"), (6, 16), "is more than `most` (4)"),
    "more at a time than there are": (groups("a: {unavailable: 9}"), (6, 22), "write 4 or less"),
    "groups that may all be empty": (
        groups("a: {least: 0}", "b: {taints: [{key: a}]}"), (6, 5), "`least: 1` or more, and without taints",
    ),
    "label of Kubernetes": (
        groups("a: {labels: {node-role.kubernetes.io/web: ''}}"), (6, 47), "labels of node-role.kubernetes.io",
    ),
    "label with a space": (groups("a: {labels: {tier: 'a b'}}"), (6, 24), "begin and end with a letter"),
    "taint twice": (groups("a: {}", "b: {taints: [{key: a}, {key: a}]}"), (7, 28), "has the effect NoSchedule already"),
    "taint of EKS's spelling": (
        groups("a: {}", "b: {taints: [{key: a, effect: NO_SCHEDULE}]}"), (7, 35), "'NoSchedule', 'PreferNoSchedule'",
    ),
    "taint without a key": (groups("a: {}", "b: {taints: [{value: a}]}"), (7, 18), "write `key:`"),
    "disk too small": (groups("a: {disk: 10}"), (6, 15), "write 20 or more"),
    "range that is none": (endpoint("office"), (4, 36), "as in 203.0.113.0/24"),
    "range of IPv6": (endpoint("'2001:db8::/32'"), (4, 36), "write an IPv4 range"),
    "range without its length": (endpoint("203.0.113.7"), (4, 36), "write its length, too: 203.0.113.7/32"),
    "range with a netmask": (endpoint("203.0.113.0/255.255.255.0"), (4, 36), "write its length, too: 203.0.113.0/24"),
    "range that begins elsewhere": (endpoint("203.0.113.7/24"), (4, 36), "begins at 203.0.113.0/24"),
    "range that is everywhere": (endpoint("0.0.0.0/0"), (4, 36), "leave that out"),
    "range that is private": (endpoint("10.1.0.0/16"), (4, 36), "write those that the world sees"),
    "range around private ones": (endpoint("192.0.0.0/8"), (4, 36), "no private or reserved addresses"),
    "range twice": (endpoint("8.8.8.8/32, 8.8.8.8/32"), (4, 48), "is there twice"),
    "ranges that are none": (endpoint(""), (4, 35), "it is empty"),
    "too many ranges": (
        endpoint(", ".join(f"8.8.{n}.0/24" for n in range(41))), (4, 35), "more than 40 items",
    ),
    "endpoint of a cluster that is there": (
        GOOD + "cluster: {existing: platform, endpoint: {public_from: [8.8.8.8/32]}}\n", (4, 31), "are `existing`",
    ),
    "log that is none": (GOOD + "cluster: {logs: [api, audits]}\n", (4, 23), "'audit'"),
    "log twice": (GOOD + "cluster: {logs: [api, api]}\n", (4, 23), "is there twice"),
    "protection in words": (GOOD + "cluster: {protection: always}\n", (4, 23), "true or false"),
    "environment misspelt": (person(f"role: {ROLE}, in: [stagin]"), (6, 58), "did you mean `staging`?"),
    "environment that is none": (person(f"role: {ROLE}, in: [qa]"), (6, 58), "environments are dev, staging, prod"),
    "person without a role": (person("can: view"), (6, 7), "write `role:`"),
    "person who is a user": (person("role: arn:aws:iam::123456789012:user/ann"), (6, 14), "write a role's ARN"),
    "person who is a service": (person(f"role: {LINKED}"), (6, 14), "no service-linked role"),
    "person with a wrong key": (person(f"role: {ROLE}, within: [dev]"), (6, 53), "keys here are `role`, `can`, `in`"),
    "person who may all": (
        GOOD + f"cluster:\n  admins: ['{ROLE}']\n  people:\n    - {{role: '{ROLE}'}}\n", (7, 14), "one of `admins`",
    ),
    "pod security that is none": (environment("pod_security: strict"), (4, 31), "'restricted', 'baseline'"),
    "quota of nothing": (environment("quota: {}"), (4, 24), "it bounds nothing"),
    "quota as a number": (environment("quota: {cpu: 10}"), (4, 30), "into quotes"),
    "quota of none": (environment("quota: {cpu: '0'}"), (4, 30), 'write CPUs in quotes: "10"'),
    "quota without a unit": (environment("quota: {memory: '20'}"), (4, 33), "as in 512Mi or 20Gi"),
    "isolation in words": (environment("isolate: pods"), (4, 26), "true or false"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_found_alone_and_placed(case: str, service: Service) -> None:
    text, place, said = CASES[case]
    found = problems(service(text))
    rendered = [problem.render("pipeline.yaml") for problem in found]
    assert [(problem.line, problem.column) for problem in found] == [place], rendered
    assert said in rendered[0]


def test_mistakes_in_lists_of_words_settle_with_all_others(service: Service) -> None:
    text = "cluster: {logs: [a, b], people: [x, y], admins: [z]}\nsecrets: [A]\n"
    assert len(problems(service(GOOD + text))) == 6


@pytest.mark.parametrize(
    ("day", "support", "said"),
    [
        (dt.date(2027, 3, 26), None, None),
        (dt.date(2027, 3, 27), None, None),  # it goes on, and costs more: no release may stop because of a date
        (dt.date(2027, 3, 27), "standard", "1.35 left standard support on 2027-03-27"),
        (dt.date(2028, 3, 26), "extended", None),
        (dt.date(2028, 3, 27), "extended", "EKS has supported 1.35 until 2028-03-27"),
    ],
)
def test_a_version_is_taken_as_long_as_eks_supports_it(day: dt.date, support: str | None, said: str | None) -> None:
    cluster = model.Cluster.model_validate({"version": "1.35", "support": support})
    plan = resolve("shop", cluster, {"dev": "shop-dev"}, False)
    found = [f"{item.wrong}; {item.remedy}" for item in check.findings(cluster, plan, ["dev"], day)]  # type: ignore[arg-type]
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_each_version_that_may_be_written_has_its_dates() -> None:
    assert set(get_args(model.Cluster.model_fields["version"].annotation)) == set(CALENDAR)
    assert all(support.standard < support.extended for support in CALENDAR.values())


@pytest.mark.parametrize(
    ("arm64", "names"),
    [
        (True, "m7g.large c7gn.xlarge t4g.nano r8gd.metal im4gn.large is4gen.large x2gd.large g5g.xlarge a1.large"),
        (False, "m6i.large g4dn.xlarge g6.xlarge gr6.4xlarge c5.large m7i-flex.large u7i-12tb.224xlarge inf2.xlarge"),
    ],
)
def test_graviton_is_told_from_the_types_name(arm64: bool, names: str) -> None:
    assert {architecture(name) for name in names.split()} == {"arm64" if arm64 else "amd64"}
