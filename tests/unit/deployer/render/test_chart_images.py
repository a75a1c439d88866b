"""Charts in the shapes that people write, rendered by the layer's helm: what runs is the release's digest."""

import textwrap

import pytest

from deployer.bump.references import Image, Images
from deployer.errors import Fatal
from deployer.render import Surroundings, render
from deployer.target import Source
from tests.support.delivery import layer_tools

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
WEB = Image("web", f"{HOST}/shop/web", "src-0123456789abcdef", "sha256:" + "a" * 64)
IMAGES = Images({"web": WEB})
AROUND = Surroundings("dev", "v1.36.2", ("v1", "apps/v1", "batch/v1"))
WITH_DIGEST = (
    "{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ $.Values.image.tag }}{{ end }}"
)
WITH_TAG = "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
WITH_REGISTRY = "{{ .Values.global.imageRegistry | default .Values.image.registry }}/" + WITH_TAG


def chart(folder, image, values, labels="app: web", extra=""):
    files = {
        "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: '9'\n",
        "values.yaml": textwrap.dedent(values),
        "templates/web.yaml": textwrap.dedent(f"""\
            apiVersion: apps/v1
            kind: Deployment
            metadata: {{name: web, labels: {{{labels}}}}}
            spec:
              selector: {{matchLabels: {{app: web}}}}
              template:
                metadata: {{labels: {{app: web}}}}
                spec: {{containers: [{{name: web, image: "{image}"}}]}}
            """)
        + extra,
    }
    for name, text in files.items():
        path = folder / "charts" / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def rendered(folder, *values, images=()):
    source = Source("helm", "charts/shop", "shop", values, tuple(images))
    return render(folder, source, IMAGES, layer_tools(), AROUND)


def image_of(result):
    found = [item for item in result.objects if item["kind"] == "Deployment"]
    return found[0]["spec"]["template"]["spec"]["containers"][0]["image"]


@pytest.mark.parametrize(
    ("image", "values", "expected"),
    [
        (WITH_DIGEST, "image: {repository: shop/web, tag: '1', digest: ''}\n", WEB.pinned),
        (WITH_TAG, "image:\n  repository: shop/web\n  tag: '1' # c\n", f"{WEB.repository}:{WEB.tag}@{WEB.digest}"),
        ("{{ .Values.image }}", "image: shop/web:1\n", WEB.pinned),
        ("{{ .Values.image.repository }}", "image: {repository: shop/web}\n", WEB.pinned),
        (
            WITH_REGISTRY,
            "global: {imageRegistry: ''}\nimage: {registry: docker.io, repository: shop/web, tag: 1}\n",
            f"{WEB.repository}:{WEB.tag}@{WEB.digest}",
        ),
        (
            WITH_REGISTRY,
            "global:\n  imageRegistry: mirror.example\nimage: {registry: docker.io, repository: shop/web, tag: 1}\n",
            f"{WEB.repository}:{WEB.tag}@{WEB.digest}",
        ),
    ],
    ids=["digest", "tag", "image", "repository", "registry", "global registry"],
)
def test_a_chart_runs_the_releases_digest(tmp_path, image, values, expected):
    chart(tmp_path, image, values)
    assert image_of(rendered(tmp_path)) == expected


def test_an_environments_values_may_hold_the_tag_alone(tmp_path):
    chart(tmp_path, WITH_TAG, "image:\n  repository: shop/web\n  tag: '1'\n")
    (tmp_path / "prod.yaml").write_text("image:\n  tag: old # of prod\n")
    assert image_of(rendered(tmp_path, "prod.yaml")) == f"{WEB.repository}:{WEB.tag}@{WEB.digest}"
    assert (tmp_path / "prod.yaml").read_text() == f"image:\n  tag: {WEB.tag}@{WEB.digest} # of prod\n"


def test_a_tag_beside_another_files_digest_stays(tmp_path):
    chart(tmp_path, WITH_DIGEST, "image: {repository: shop/web, tag: '1', digest: ''}\n")
    (tmp_path / "prod.yaml").write_text("image: {tag: old}\n")
    assert image_of(rendered(tmp_path, "prod.yaml")) == WEB.pinned
    assert (tmp_path / "prod.yaml").read_text() == "image: {tag: old}\n"


def test_declared_paths_name_images_that_no_shape_tells(tmp_path):
    chart(tmp_path, "{{ .Values.front.ref }}", "front:\n  ref: placeholder # set by the release\n")
    assert image_of(rendered(tmp_path, images=[("front.ref", "web")])) == WEB.pinned


@pytest.mark.parametrize(
    ("images", "said"),
    [([("front.tag", "web")], "images: front.tag: in none"), ([("front.ref", "api")], "no image 'api'")],
)
def test_a_declared_path_or_image_that_is_not_there_is_refused(tmp_path, images, said):
    chart(tmp_path, "{{ .Values.front.ref }}", "front: {ref: placeholder}\n")
    with pytest.raises(Fatal, match=said):
        rendered(tmp_path, images=images)


def test_a_global_registry_that_other_images_share_is_refused(tmp_path):
    values = "global: {imageRegistry: mirror.example}\nimage: {repository: shop/web, tag: 1, registry: x}\n"
    chart(tmp_path, WITH_REGISTRY, values + "cache: {repository: redis, tag: 8}\n")
    with pytest.raises(Fatal, match=r"registry of redis in charts/shop/values\.yaml:3:21 as well"):
        rendered(tmp_path)


@pytest.mark.parametrize(
    "label",
    ["{{ .Values.image.tag }}", "{{ .Values.image.tag | trunc 63 }}", "v-{{ .Values.image.tag }}"],
)
def test_a_tag_in_a_label_is_refused_with_template_label_and_remedy(tmp_path, label):
    labels = f'app: web, app.kubernetes.io/version: "{label}"'
    chart(tmp_path, WITH_TAG, "image: {repository: shop/web, tag: 1}\n", labels)
    with pytest.raises(Fatal) as caught:
        rendered(tmp_path)
    assert "shop/templates/web.yaml" in caught.value.reason
    assert "app.kubernetes.io/version" in caught.value.reason
    assert "image.digest" in caught.value.remedy


def test_a_tag_in_a_label_is_fine_where_the_chart_knows_a_digest(tmp_path):
    labels = 'app: web, app.kubernetes.io/version: "{{ .Values.image.tag }}"'
    chart(tmp_path, WITH_DIGEST, "image: {repository: shop/web, tag: v1, digest: ''}\n", labels)
    result = rendered(tmp_path)
    assert image_of(result) == WEB.pinned
    assert result.objects[0]["metadata"]["labels"]["app.kubernetes.io/version"] == "v1"


HOOK = """---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: "shop/web:fixed"}]}}}
"""


def test_a_hooks_image_obeys_the_same_rule(tmp_path):
    chart(tmp_path, WITH_TAG, "image: {repository: shop/web, tag: 1}\n", extra=HOOK)
    with pytest.raises(Fatal, match=r"renders the image shop/web:fixed.*") as caught:
        rendered(tmp_path)
    assert caught.value.subject == "Job migrate"
