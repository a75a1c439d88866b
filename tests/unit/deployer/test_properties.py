"""What holds for any input: references, spans, names in artifacts."""

import io
import json
import zipfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yaml.nodes import ScalarNode

from deployer.artifact import unpack
from deployer.bump import kustomization, manifests, values
from deployer.bump.references import Image, Images, parse
from deployer.errors import Fatal
from deployer.yaml.nodes import compose
from deployer.yaml.reader import read
from deployer.yaml.scalars import plain
from deployer.yaml.spans import Edit, apply_edits, replace_scalar, scalar
from deployer.yaml.stream import Part, split

always = settings(derandomize=True, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
WEB = Image("web", "registry.example:5000/shop/web", "src-1", "sha256:" + "a" * 64)
IMAGES = Images({"web": WEB})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@always
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), JSON, max_size=4))
def test_json_means_itself(value):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2)):
        assert [document.value for document in read(text, "f")] == [value]


@always
@given(st.text(max_size=200))
def test_any_text_is_values_or_a_refusal_with_its_place(text):
    try:
        for document in read(text, "f.yaml"):
            json.dumps(document.value, allow_nan=False)
    except Fatal as error:
        assert error.subject.startswith("f.yaml")  # noqa: PT017 (either answer is well)


@always
@given(st.text(st.sampled_from("ab: -\n#{}[]'\"---\ufeff\r"), max_size=80))
def test_parts_are_the_text_without_its_separators(text):
    try:
        parts = list(split(text, "f"))
    except Fatal:
        return
    body = text.removeprefix("\ufeff")
    assert all(body[part.start : part.start + len(part.text)] == part.text for part in parts)
    assert all(body.count("\n", 0, part.start) == part.line for part in parts)


@always
@given(st.text("0123456789_.+-eExXoObBaAfFyYnN:", max_size=12))
def test_a_plain_scalar_is_a_value_of_json(text):
    try:
        value = plain(text)
    except ValueError:
        return
    assert json.loads(json.dumps(value, allow_nan=False)) == value


@always
@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.text(max_size=5)), max_size=4),
)
def test_edits_leave_every_other_byte(text, wanted):
    body = text.removeprefix("\ufeff")
    edits, at = [], 0
    for start, length, new in sorted(wanted):
        if at <= start and start + length <= len(body):
            edits.append(Edit(start, start + length, new))
            at = start + length + 1
    edited = apply_edits(text, edits).removeprefix("\ufeff")
    at, kept = 0, ""
    for edit in edits:
        kept += body[at : edit.start] + edit.text
        at = edit.end
    assert edited == kept + body[at:]


@always
@given(
    st.sampled_from(["", "'", '"']),
    st.sampled_from(["", "&a ", "!!str ", "!x &a "]),
    st.sampled_from(["", " # c", "  ", "\r"]),
    st.booleans(),
)
def test_a_scalar_is_replaced_in_its_quotes_with_its_properties(quote, front, behind, flow):
    text = f"x: é\nk: {front}{quote}old{quote}{behind}\nz: 1\n"
    text = "{" + text.replace("\n", ",\n").replace("\r", "").replace(" # c", "") + "}" if flow else text
    part = Part(text, 0, 0)
    node = scalar(compose(part, "f"), "k")
    assert isinstance(node, ScalarNode)
    assert apply_edits(text, [replace_scalar(part, node, "new", "f")]) == text.replace("old", "new")


HOSTS = st.sampled_from(["", "docker.io/", "localhost/", "registry.example:5000/", "10.0.0.1:5000/"])
PATHS = st.from_regex(r"[a-z0-9]{1,6}(/[a-z0-9._-]{1,6}){0,2}", fullmatch=True)
TAGS = st.from_regex(r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,9})?(@sha256:[0-9a-f]{64})?", fullmatch=True)


@always
@given(HOSTS, PATHS, TAGS)
def test_a_reference_is_taken_apart_and_nothing_is_lost(host, path, tag):
    found = parse(host + path + tag)
    assert found is not None
    parts = (found.host and f"{found.host}/", found.path, found.tag and f":{found.tag}")
    assert "".join(parts) + (f"@{found.digest}" if found.digest else "") == host + path + tag


@always
@given(HOSTS, TAGS)
def test_a_reference_to_the_release_is_found_on_any_host_and_is_pinned_once_set(host, tag):
    assert IMAGES.find(f"{host}shop/web{tag}") == WEB
    assert IMAGES.mentions(f"image: {host}shop/web{tag}") != []
    assert IMAGES.pins(WEB.pinned, WEB)


OLD = "sha256:" + "0" * 64
# With {r} for the reference: what stands there after it, and the other places that change.
SHAPES = {
    manifests.bump: ("containers:\n- {{name: a, image: {q}{r}{q}}}{c}\n", WEB.pinned, {}),
    kustomization.bump: (
        "images:{c}\n- name: thing{c}\n  newName: {q}{r}{q}{c}\n  digest: {q}" + OLD + "{q}{c}\n",
        WEB.repository,
        {OLD: WEB.digest},
    ),
    values.bump: (
        "app:{c}\n  image:\n    repository: {q}{r}{q}{c}\n    tag: {q}v0.0{q}{c}\n",
        WEB.repository,
        {"v0.0": f"{WEB.tag}@{WEB.digest}"},
    ),
}


@always
@given(
    st.sampled_from(list(SHAPES)),
    st.sampled_from(["web", "shop/web", "docker.io/shop/web"]),
    st.sampled_from(["", "'", '"']),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Co", "Cn", "Cf")), max_size=10),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_bump_changes_the_references_and_no_other_byte(bump, reference, quote, comment, newline):
    shape, new, others = SHAPES[bump]
    text, expected = (
        shape.format(r=word, q=quote, c=f" # {comment}").replace("\n", newline) for word in (reference, new)
    )
    for before, after in others.items():
        expected = expected.replace(before, after)
    assert bump(text, IMAGES, "f") == expected
    assert bump(expected, IMAGES, "f") == expected


@always
@given(st.lists(st.tuples(st.text(min_size=1, max_size=12), st.binary(max_size=20)), max_size=4))
def test_an_artifact_is_unpacked_whole_inside_or_refused(tmp_path_factory, entries):
    folder = tmp_path_factory.mktemp("artifact") / "in"
    folder.mkdir()
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(packed, "w") as archive:
            for name, data in dict(entries).items():
                archive.writestr(name, data)
    except (ValueError, UnicodeEncodeError):
        return  # no name that a zip can hold
    try:
        unpack(packed.getvalue(), folder)
    except Fatal as error:
        assert error.subject.isprintable()  # noqa: PT017 (either answer is well)
    else:
        files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert files == {name for name in dict(entries) if not name.endswith("/")}
    assert [path.name for path in folder.parent.iterdir()] == ["in"]
