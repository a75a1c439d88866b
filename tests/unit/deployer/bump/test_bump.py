# ruff: noqa: E501 (one case, one line)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.bump import kustomization, manifests, values
from deployer.bump.references import Image, Images, parse
from deployer.errors import Fatal
from deployer.yaml.reader import read

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = "sha256:" + "a" * 64
WEB = Image("web", f"{HOST}/shop/web", "src-0123456789abcdef", DIGEST)
IMAGES = Images({"web": WEB})


@pytest.mark.parametrize(
    "text",
    [
        "web",
        "web:1",
        "shop/web",
        f"{HOST}/shop/web:1",
        f"other.example:5000/shop/web@sha256:{'0' * 64}",
        "shop/web:a@" + DIGEST,
    ],
)
def test_a_reference_is_the_releases_by_repository_path_or_bare_name(text):
    assert IMAGES.find(text) == WEB


@pytest.mark.parametrize(
    "text", ["webb", "other/web", "shop/web/more", "{{ .Values.image }}", "", "busybox", "acme/shop/web"]
)
def test_other_references_are_left_alone(text):
    assert IMAGES.find(text) is None


def test_a_first_part_without_dot_or_colon_is_no_registry():
    assert parse("shop/web:1") == parse("shop/web:1")
    assert (parse("shop/web:1").host, parse("shop/web:1").path) == ("", "shop/web")
    assert parse("localhost/shop/web").host == "localhost"


MANIFEST = """# the sample
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers:
      - {name: init, image: 'shop/web:old'} # flow
      containers:
        -   name:  app
            image:   "shop/web"   # why
        - name: other
          image: busybox:1
        - image: &it !!str shop/web:2
          name: anchored
        - image: *it
          name: alias
---
kind: ConfigMap
data: {image: web}
"""


def test_manifests_change_in_the_references_and_nowhere_else():
    expected = (
        MANIFEST.replace("'shop/web:old'", f"'{WEB.pinned}'")
        .replace('"shop/web"', f'"{WEB.pinned}"')
        .replace("!!str shop/web:2", f"!!str {WEB.pinned}")
    )
    assert manifests.bump(MANIFEST, IMAGES, "f") == expected


def test_crlf_and_a_byte_order_mark_stay():
    text = "\ufeff" + MANIFEST.replace("\n", "\r\n") + "# é ü 漢\r\n"
    bumped = manifests.bump(text, IMAGES, "f")
    assert bumped.startswith("\ufeff# the sample\r\n")
    assert bumped.count("\r\n") == text.count("\r\n")
    assert bumped.count(WEB.pinned) == 3


def test_a_json_patch_of_an_image_is_bumped():
    text = "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: shop/web:1\n"
    assert manifests.bump(text, IMAGES, "f") == text.replace("shop/web:1", WEB.pinned)


def test_a_block_scalar_is_refused_with_its_place():
    with pytest.raises(Fatal, match="block scalar") as caught:
        manifests.bump("containers:\n- image: >-\n    shop/web\n", IMAGES, "f.yaml")
    assert caught.value.subject == "f.yaml:2:10"


def test_what_is_pinned_already_stays_byte_for_byte():
    once = manifests.bump(MANIFEST, IMAGES, "f")
    assert manifests.bump(once, IMAGES, "f") == once


_TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff\u2028\u2029\x85"), max_size=12
)
_QUOTE = st.sampled_from(["", "'", '"'])
_REFERENCE = st.sampled_from(["web", "shop/web", "shop/web:1.2", f"{HOST}/shop/web@sha256:{'0' * 64}", "busybox:1"])


@st.composite
def _containers(draw):
    """A list of containers in a random layout, with comments; and what it must become."""
    before, after = [], []
    for _ in range(draw(st.integers(1, 5))):
        quote, reference = draw(_QUOTE), draw(_REFERENCE)
        bumped = WEB.pinned if IMAGES.find(reference) else reference
        comment = f" # {draw(_TEXT)}"
        space = " " * draw(st.integers(1, 4))
        flow = draw(st.booleans())
        for lines, word in ((before, reference), (after, bumped)):
            value = f"{quote}{word}{quote}"
            if flow:
                lines.append(f"- {{name: a,{space}image: {value} , args: ['é', \"漢\"]}}{comment}")
            else:
                lines.append(f"- name: a{comment}\n  image:{space}{value}{comment}\n  args: [x]")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    head = f"# {draw(_TEXT)}\ncontainers:\n"
    return tuple((head + "\n".join(lines) + "\n").replace("\n", newline) for lines in (before, after))


@given(_containers())
def test_any_layout_differs_in_exactly_the_bytes_of_the_references(texts):
    before, after = texts
    assert manifests.bump(before, IMAGES, "f") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("images:\n- name: shop/web\n  newTag: '1' # t\n", f"images:\n- newName: {WEB.repository}\n  name: shop/web\n  digest: '{DIGEST}' # t\n"),
        (f"images:\n- name: web\n  newName: x.io/shop/web\n  digest: sha256:{'0' * 64}\n", f"images:\n- name: web\n  newName: {WEB.repository}\n  digest: {DIGEST}\n"),
        ("images: [{name: web}]\n", f"images: [{{digest: {DIGEST}, newName: {WEB.repository}, name: web}}]\n"),
        (f"images:\n- name: {WEB.repository}\n", f"images:\n- digest: {DIGEST}\n  name: {WEB.repository}\n"),
        ("images:\n- name: busybox\n  newTag: '1'\n", "images:\n- name: busybox\n  newTag: '1'\n"),
    ],
)  # fmt: skip
def test_kustomizations_name_the_digest(before, after):
    assert kustomization.bump(before, IMAGES, "f") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("image: shop/web:1 # x\n", f"image: {WEB.pinned} # x\n"),
        ("image:\n  repository: web\n  tag: ''\n", f"image:\n  repository: {WEB.repository}\n  tag: '{WEB.tag}@{DIGEST}'\n"),
        ("image:\n  repository: web\n  tag:\nx: 1\n", f"image:\n  repository: {WEB.repository}\n  tag: {WEB.tag}@{DIGEST}\nx: 1\n"),
        ("image:\n  repository: shop/web\n  tag: keep\n  digest: ''\n", f"image:\n  repository: {WEB.repository}\n  tag: keep\n  digest: '{DIGEST}'\n"),
        ("image: {registry: r.io, repository: shop/web, tag: 1}\n", f"image: {{registry: {HOST}, repository: shop/web, tag: {WEB.tag}@{DIGEST}}}\n"),
        ("apps:\n- image: {repository: shop/web}\n", f"apps:\n- image: {{repository: {WEB.pinned}}}\n"),
        ("image: {repository: nginx, tag: 1}\n", "image: {repository: nginx, tag: 1}\n"),
    ],
)  # fmt: skip
def test_helm_values_name_the_digest_in_the_shape_they_have(before, after):
    assert values.bump(before, IMAGES, "f") == after
    read(after, "f")
