"""Access entries as RBAC objects."""

from local.access.bindings import found, wanted
from local.access.entries import entry_of
from local.access.entry import AccessEntry, AssociatedPolicy
from local.access.policies import POLICIES, cluster_role
from local.aws import eks
from local.aws.eks import model

ARN_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
ROLE = "arn:aws:iam::123456789012:role/team/deploy"
EDIT = "AmazonEKSEditPolicy"


def entry(*policies: AssociatedPolicy, cluster: str = "shop") -> AccessEntry:
    return AccessEntry(cluster, ROLE, "user", (), policies)


def test_a_policy_is_bound_in_its_namespaces_as_far_as_they_are_there() -> None:
    bindings = wanted([entry(AssociatedPolicy(EDIT, ("shop-dev", "later")))], ["default", "shop-dev"])
    assert {(each.policy, each.namespace) for each in bindings} == {("AmazonEKSEditPolicy", "shop-dev")}


def test_a_namespace_may_be_a_pattern() -> None:
    bindings = wanted([entry(AssociatedPolicy(EDIT, ("shop-*",)))], ["default", "shop-dev", "shop-prod"])
    assert {each.namespace for each in bindings} == {"shop-dev", "shop-prod"}


def test_a_policy_of_the_whole_cluster_is_a_cluster_role_binding() -> None:
    (binding,) = wanted([entry(AssociatedPolicy("AmazonEKSClusterAdminPolicy", None))], ["default"])
    manifest = binding.manifest()
    assert manifest["kind"] == "ClusterRoleBinding"
    assert manifest["roleRef"]["name"] == "eks:AmazonEKSClusterAdminPolicy"
    assert "/clusterrolebindings/" in binding.path


def test_an_entry_without_policies_has_groups_only() -> None:
    assert wanted([entry()], ["default"]) == frozenset()


def test_what_is_written_is_read_back_as_the_same() -> None:
    (binding,) = wanted([entry(AssociatedPolicy(EDIT, ("default",)))], ["default"])
    manifest = binding.manifest()
    manifest["metadata"]["namespace"] = "default"
    assert found(manifest) == binding


def test_the_group_is_the_entrys_alone() -> None:
    assert entry().group == entry(AssociatedPolicy(EDIT, None)).group
    assert entry().group != entry(cluster="other").group


def test_an_entry_of_eks_is_read_with_its_scopes() -> None:
    policies = (
        eks.AccessPolicy(f"{ARN_PREFIX}AmazonEKSEditPolicy", "namespace", ("shop-dev",)),
        eks.AccessPolicy(f"{ARN_PREFIX}AmazonEKSViewPolicy", "cluster"),
    )
    read = entry_of(eks.AccessEntry("shop", ROLE, "user", ("team",), policies))
    assert read == AccessEntry(
        "shop",
        ROLE,
        "user",
        ("team",),
        (AssociatedPolicy("AmazonEKSEditPolicy", ("shop-dev",)), AssociatedPolicy("AmazonEKSViewPolicy", None)),
    )


def test_every_policy_that_eks_takes_has_its_rules() -> None:
    assert set(POLICIES) == set(model.POLICIES)


def test_only_the_admin_policies_reach_roles_and_only_view_is_without_secrets() -> None:
    def may(policy: str, group: str, resource: str, verb: str) -> bool:
        return any(
            {group, "*"} & set(rule.get("apiGroups", ()))
            and {resource, "*"} & set(rule.get("resources", ()))
            and {verb, "*"} & set(rule["verbs"])
            for rule in cluster_role(policy)["rules"]
        )

    assert {each for each in POLICIES if may(each, "rbac.authorization.k8s.io", "roles", "create")} == {
        "AmazonEKSAdminPolicy",
        "AmazonEKSClusterAdminPolicy",
    }
    assert {each for each in POLICIES if not may(each, "", "secrets", "get")} == {"AmazonEKSViewPolicy"}
    assert all(may(each, "", "pods", "get") for each in POLICIES)
    assert may("AmazonEKSEditPolicy", "apps", "deployments", "patch")
    assert not may("AmazonEKSEditPolicy", "", "namespaces", "create")
    assert not may("AmazonEKSAdminViewPolicy", "", "pods", "delete")
