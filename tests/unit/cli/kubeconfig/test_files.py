import json

import pytest

from cli.errors import CANNOT_RUN, CommandError
from cli.kubeconfig.files import read_context


def config(name, current="", **cluster):
    return json.dumps(
        {
            "current-context": current,
            "clusters": [{"name": f"{name}-cluster", "cluster": {"server": f"https://{name}", **cluster}}],
            "users": [{"name": f"{name}-user", "user": {"token": name}}],
            "contexts": [
                {"name": name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user", "namespace": "ns"}}
            ],
        }
    )


def test_current_context_is_meant_unless_another_is_named(tmp_path):
    (tmp_path / "one").write_text(config("one", current="one"))
    (tmp_path / "two").write_text(config("two", current="two"))
    environ = {"KUBECONFIG": f"{tmp_path}/one:{tmp_path}/gone:{tmp_path}/two"}
    found = read_context(environ, None, None)
    assert (found.name, found.namespace, found.cluster.text("server")) == ("one", "ns", "https://one")
    assert read_context(environ, None, "two").user.text("token") == "two"


def test_named_file_wins_over_the_environment(tmp_path):
    (tmp_path / "one").write_text(config("one", current="one"))
    (tmp_path / "two").write_text(config("two", current="two"))
    assert read_context({"KUBECONFIG": f"{tmp_path}/one"}, f"{tmp_path}/two", None).name == "two"


def test_usual_file_is_read_where_none_is_named(tmp_path):
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(config("one", current="one"))
    assert read_context({"HOME": str(tmp_path)}, None, None).name == "one"


def test_relative_paths_start_at_their_own_file(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one").write_text(config("one", current="one", **{"certificate-authority": "ca.crt"}))
    found = read_context({}, f"{tmp_path}/deep/one", None)
    assert found.cluster.path("certificate-authority") == tmp_path / "deep" / "ca.crt"


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        (config("one"), None, "has no current context"),
        (config("one"), "two", "there is no context 'two'"),
        ("a: b: c", None, "kubeconfig:1: not YAML"),
        ("[]", None, "not a kubeconfig"),
        ("clusters: [x]\ncurrent-context: c", None, "there is no context 'c'"),
        ("contexts: [x]\ncurrent-context: c", None, "must hold a name"),
        ('{"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "x"}}]}', None, "cluster 'x'"),
    ],
)
def test_broken_kubeconfig_is_bad_input(tmp_path, text, wanted, said):
    (tmp_path / "kubeconfig").write_text(text)
    with pytest.raises(CommandError) as raised:
        read_context({}, str(tmp_path / "kubeconfig"), wanted)
    assert said in str(raised.value)
    assert raised.value.code == CANNOT_RUN


def test_missing_kubeconfig_is_told_with_the_way_to_one(tmp_path):
    with pytest.raises(CommandError, match="KUBECONFIG"):
        read_context({"KUBECONFIG": str(tmp_path / "none")}, None, None)
