import pytest

from cli.engine.sources import of_options, reach
from cli.errors import CommandError
from deployer.target import Source


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_paths_keep_the_names_that_they_have_from_here(here, tmp_path):
    write(here, m__a_yaml="a", more_yaml="b")
    bundle = of_options("shop", ["m", "more.yaml"], [], None, [])
    assert bundle.deliveries == (Source("manifests", "m"), Source("manifests", "more.yaml"))
    bundle.copy(tmp_path / "artifact")
    assert (tmp_path / "artifact" / "m" / "a.yaml").read_text() == "a"


def test_paths_outside_of_here_start_at_what_they_share(here, tmp_path):
    write(tmp_path, other__a_yaml="a")
    write(here, b_yaml="b")
    assert [each.path for each in of_options("shop", ["../other", "b.yaml"], [], None, []).deliveries] == [
        "other",
        "here/b.yaml",
    ]


def test_this_folder_itself_can_be_delivered_and_holds_nothing_of_ours(here):
    write(here, a_yaml="a")
    assert of_options("shop", ["."], [], None, []).deliveries == (Source("manifests", "here"),)


def test_users_files_are_copied_and_never_written(here, tmp_path):
    write(here, a_yaml="a")
    of_options("shop", ["a.yaml"], [], None, []).copy(tmp_path / "artifact")
    (tmp_path / "artifact" / "a.yaml").write_text("changed")
    assert (here / "a.yaml").read_text() == "a"


def test_chart_goes_with_its_values(here):
    write(here, chart__Chart_yaml="c", v_yaml="v")
    (found,) = of_options("shop", [], [], "chart", ["v.yaml"]).deliveries
    assert found == Source("helm", "chart", "shop", ("v.yaml",))


def test_chart_of_a_registry_is_no_path(here):
    write(here, v_yaml="v")
    packed = "oci://ghcr.io/charts/api:1.0.0@sha256:" + "a" * 64
    bundle = of_options("shop", [], [], packed, ["v.yaml"])
    assert bundle.deliveries == (Source("helm", packed, "shop", ("v.yaml",)),)
    assert set(bundle.files) == {"v.yaml"}


def test_kustomization_reaches_what_it_names_above_and_below_it(here):
    write(
        here,
        base__kustomization_yaml="resources: [web.yaml]\n",
        base__web_yaml="w",
        base__unused_yaml="u",
        over__dev__kustomization_yaml="resources: [../../base]\npatches: [{path: p.yaml}]\n"
        "configMapGenerator: [{name: c, files: [key=c.txt]}]\nimages: [{name: web}]\n",
        over__dev__p_yaml="p",
        over__dev__c_txt="c",
        over__prod__kustomization_yaml="resources: [nothing]\n",
    )
    names = {path.relative_to(here).as_posix() for path in reach(here / "over" / "dev")}
    assert names == {
        "over/dev/kustomization.yaml", "over/dev/p.yaml", "over/dev/c.txt", "base/kustomization.yaml", "base/web.yaml",
    }  # fmt: skip
    assert of_options("shop", [], ["over/dev"], None, []).deliveries == (Source("kustomize", "over/dev"),)


def test_kustomizations_that_name_each_other_come_to_an_end(here):
    write(here, a__kustomization_yaml="resources: [../b]\n", b__kustomization_yaml="resources: [../a, /etc, .]\n")
    assert len(reach(here / "a")) == 2


def test_link_is_refused(here, tmp_path):
    write(here, m__a_yaml="a")
    (here / "m" / "b.yaml").symlink_to("/etc/passwd")
    with pytest.raises(CommandError, match="is a link"):
        of_options("shop", ["m"], [], None, []).copy(tmp_path / "artifact")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (([], [], None, []), "nothing to deliver"),
        ((["gone"], [], None, []), "no such file"),
        (([], ["."], None, []), "has no kustomization"),
        (([], [], None, ["v.yaml"]), "goes with a chart"),
    ],
)
def test_what_cannot_be_delivered_is_bad_input(here, options, said):
    with pytest.raises(CommandError, match=said):
        of_options("shop", *options)
