import pytest

from deployer.bump.references import Image
from deployer.charts.pull import present
from deployer.charts.reference import Reference
from deployer.charts.registry import CONTENT, Registries
from deployer.errors import Fatal, Unavailable
from deployer.target import Source
from tests.support.chart_registry import CHART, ChartRegistry, digest, manifest
from tests.support.packed import entry, packed


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    server = ChartRegistry(tmp_path_factory.mktemp("registry"))
    yield server
    server.close()


@pytest.fixture
def server(running):
    running.answers, running.asked = {}, []
    return running


def refused(server, reference):
    with pytest.raises(Fatal) as caught:
        server.registries().pull(reference)
    return str(caught.value)


def test_a_chart_is_pulled_by_its_digest_with_the_registrys_own_token(server):
    assert server.registries().pull(server.hold()) == CHART
    assert {basic for _, basic in server.asked} == {"Basic QVdTOnB3"}


def test_another_registry_is_never_asked(server):
    reference = server.hold()
    with pytest.raises(Fatal, match="is no registry that charts may come from"):
        server.registries(allowed=frozenset({"other.example.com"})).pull(reference)
    assert server.asked == []


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(server):
    reference = server.hold()
    server.answers[f"/v2/charts/shop/manifests/{reference.digest}"] = (200, {}, manifest(annotations={}))
    assert "the registry sends sha256:" in refused(server, reference)


def test_a_chart_that_was_swapped_under_its_digest_is_refused(server):
    reference = server.hold()
    swapped = bytes(len(CHART))
    server.answers[f"/v2/charts/shop/blobs/{digest(CHART)}"] = (200, {}, swapped)
    assert "the registry sends sha256:" in refused(server, reference)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (manifest(config="application/vnd.oci.image.config.v1+json"), "it is no chart"),
        (manifest(media="application/vnd.oci.image.layer.v1.tar+gzip"), "it is no chart"),
        (manifest(mediaType="application/vnd.oci.image.index.v1+json"), "it is no chart"),
        (b"[]", "its manifest is none"),
        (manifest(layers=[{"mediaType": CONTENT, "digest": digest(CHART), "size": 2**30}]), "1073741824 bytes"),
        (manifest(layers=[{"mediaType": CONTENT, "digest": digest(CHART), "size": 10}]), "more than 10 bytes"),
    ],
)
def test_what_is_no_chart_is_refused(server, told, why):
    assert why in refused(server, server.hold(told=told))


def test_a_redirect_is_followed_without_the_token_and_only_over_tls(server):
    reference = server.hold()
    path = f"/v2/charts/shop/blobs/{digest(CHART)}"
    server.answers["/elsewhere?sig=1"] = (200, {}, CHART)
    other = server.host.replace("localhost", "LOCALHOST")  # another name of the same server
    server.answers[path] = (307, {"Location": f"https://{other}/elsewhere?sig=1"}, b"")
    assert server.registries().pull(reference) == CHART
    assert server.asked[-1] == ("/elsewhere?sig=1", "")
    server.answers[path] = (307, {"Location": f"http://{server.host}/elsewhere"}, b"")
    assert "only https is taken" in refused(server, reference)
    server.answers[path] = (307, {"Location": path}, b"")
    assert "from place to place" in refused(server, reference)


def test_what_the_registry_answers_is_told(server):
    reference = server.hold()
    path = f"/v2/charts/shop/manifests/{reference.digest}"
    server.answers[path] = (404, {}, b"")
    assert "does not hold it" in refused(server, reference)
    server.answers[path] = (403, {}, b"")
    assert "may not read that repository" in refused(server, reference)
    server.answers[path] = (503, {}, b"")
    with pytest.raises(Unavailable, match="the registry answers 503"):
        server.registries().pull(reference)
    with pytest.raises(Unavailable, match="does not answer"):
        Registries(frozenset({"localhost:1"})).pull(Reference("localhost:1", "shop", "", reference.digest))


def test_a_pulled_chart_is_a_folder_of_the_artifact(server, tmp_path):
    reference = server.hold()
    source = Source("helm", f"oci://{server.host}/charts/shop:1.2.3@{reference.digest}", "shop")
    (other, pulled) = present(tmp_path, [Source("manifests", "manifests"), source], server.registries())
    assert other == Source("manifests", "manifests")
    assert (tmp_path / pulled.path / "templates" / "a.yaml").read_text() == "a: 1\n"
    assert pulled.release == "shop"


def test_a_pulled_chart_of_another_version_or_with_a_link_is_refused(server, tmp_path):
    reference = server.hold()
    source = Source("helm", f"oci://{server.host}/charts/shop:9.9.9@{reference.digest}", "shop")
    with pytest.raises(Fatal, match=r"its digest is of version 1\.2\.3, while 9\.9\.9 is asked for"):
        present(tmp_path / "a", [source], server.registries())
    linked = packed({"shop/Chart.yaml": "version: 1.2.3\n"}, entry("shop/l", kind=b"2", link="/etc/passwd"))
    bad = server.hold(linked, manifest(linked))
    with pytest.raises(Fatal, match="a symbolic link"):
        present(tmp_path / "b", [Source("helm", f"oci://{server.host}/charts/shop@{bad.digest}")], server.registries())


def test_a_chart_that_the_build_has_pushed_stands_for_the_copy_in_the_artifact(server, tmp_path):
    """Two releases of it are of the same files."""
    reference = server.hold(path="shop/charts/shop")
    repository = f"{server.host}/shop/charts/shop"
    released = {"shop": Image("shop", repository, "1.2.3", reference.digest)}
    sources = [Source("helm", "charts/shop", name, pushed=repository) for name in ("one", "two")]
    one, two = present(tmp_path, sources, server.registries(), released)
    assert (one.release, two.release) == ("one", "two")
    assert one.path == two.path
    assert one.path.startswith(".pulled/")
    assert (tmp_path / one.path / "templates" / "a.yaml").read_text() == "a: 1\n"
    assert len(server.asked) == 2  # manifest and layer, once
