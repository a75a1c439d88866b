import pytest

from deployer.errors import Fatal
from deployer.kube.resources import Resource

ROLE = Resource("rbac.authorization.k8s.io", "v1", "Role", "roles", True)
NODE = Resource("", "v1", "Node", "nodes", False)


def test_an_object_is_below_its_group_version_and_namespace():
    assert ROLE.path("shop", "web") == "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles/web"
    assert ROLE.path("shop") == "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles"
    assert ROLE.path("") == "/apis/rbac.authorization.k8s.io/v1/roles"
    assert NODE.path("", "a") == "/api/v1/nodes/a"


def test_a_name_is_quoted_and_keeps_the_colons_of_roles():
    assert ROLE.path("shop", "system:a b?x#y").endswith("/roles/system:a%20b%3Fx%23y")


@pytest.mark.parametrize("name", ["../secrets/s", "web/status", "..", ".", "a%2fb"])
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(Fatal, match="no name"):
        ROLE.path("shop", name)
    with pytest.raises(Fatal, match="no name"):
        ROLE.path(name, "web")
