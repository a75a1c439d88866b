import json
import tomllib

from local.kubernetes import files


def test_containerds_configuration_is_toml_and_keeps_to_its_folders() -> None:
    config = tomllib.loads(files.containerd())

    assert config["root"].startswith("/run/shipline/")
    assert config["plugins"]["io.containerd.grpc.v1.cri"]["sandbox_image"] == files.PAUSE_IMAGE


def test_the_registry_is_reached_over_the_machines_loopback_under_its_own_name() -> None:
    config = tomllib.loads(files.registry_hosts("registry.example", 4566, "Basic abc"))

    assert config["server"] == "https://registry.example"
    assert config["host"]["http://10.0.2.2:4566"]["header"] == {"Authorization": "Basic abc"}


def test_the_token_webhook_is_on_the_machines_one_port() -> None:
    config = json.loads(files.token_webhook(4566))

    assert config["clusters"][0]["cluster"]["server"] == "http://10.0.2.2:4566/_shipline/token-review"


def test_the_kubelet_knows_nobody_without_a_name() -> None:
    config = json.loads(files.kubelet())

    assert config["authentication"]["anonymous"] == {"enabled": False}
    assert config["authorization"] == {"mode": "Webhook"}


def test_pods_reach_aws_and_nothing_else_on_the_machines_loopback() -> None:
    assert "tcp dport != 4566 reject" in files.firewall(4566)
