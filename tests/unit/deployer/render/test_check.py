"""Every place where a container stands is looked at after rendering."""

import pytest

from deployer.bump.references import Image, Images
from deployer.errors import Fatal
from deployer.render import check

WEB = Image("web", "registry.example/shop/web", "1", "sha256:" + "a" * 64)
IMAGES = Images({"web": WEB})
POD = {"containers": [{"name": "a", "image": "shop/web:1"}]}
JOB = {"template": {"spec": POD}}


def thing(kind, **rest):
    return {"apiVersion": "x/v1", "kind": kind, "metadata": {"name": "n"}, **rest}


@pytest.mark.parametrize(
    "item",
    [
        thing("Pod", spec=POD),
        thing("Deployment", spec=JOB),
        thing("CronJob", spec={"jobTemplate": {"spec": JOB}}),
        thing("Pod", spec={"initContainers": POD["containers"]}),
        thing("Pod", spec={"ephemeralContainers": POD["containers"]}),
        thing("Pod", spec={"volumes": [{"name": "v", "image": {"reference": "shop/web"}}]}),
        thing("Rollout", spec={"anything": [{"template": {"spec": POD}}]}),
        thing("Pod", spec={"containers": [{"name": "a", "image": f"other.example/shop/web@{WEB.digest}"}]}),
        thing("Pod", spec={"containers": [{"name": "a", "image": f"{WEB.repository}@sha256:{'0' * 64}"}]}),
    ],
    ids=lambda item: f"{item['kind']} {next(iter(item['spec']))}",
)
def test_a_container_that_is_not_the_releases_digest_is_refused(item):
    with pytest.raises(Fatal, match="not the release's"):
        check.images([item], IMAGES, "manifests")


@pytest.mark.parametrize(
    "item",
    [
        thing("Widget", spec={"image": "shop/web:1"}),
        thing("Pod", spec={"containers": [{"name": "a", "image": WEB.pinned}]}),
        thing("Pod", spec={"containers": [{"name": "a", "image": f"{WEB.repository}:x@{WEB.digest}"}]}),
        thing("Pod", spec={"containers": [{"name": "a", "image": "busybox:1"}]}),
        thing("ConfigMap", data={"image": "shop/web:1"}),
    ],
    ids=["custom resource", "pinned", "pinned with a tag", "another's", "data"],
)
def test_what_is_no_container_or_pinned_or_anothers_is_left_alone(item):
    check.images([item], IMAGES, "manifests")
