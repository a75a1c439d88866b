"""What is laid over a function's own view of the machine, so that ECR's name leads to the machine's registry."""

from pathlib import Path

from local.images import function_binds, function_environment, view
from local.settings import Home


def home(folder: Path) -> Home:
    return Home.open({"SHIPLINE_HOME": str(folder), "SHIPLINE_CACHE": str(folder)})


def test_functions_see_the_registry_under_ecrs_name_and_trust_it(tmp_path: Path) -> None:
    here = home(tmp_path)
    here.kube_ca.parent.mkdir(parents=True)
    here.kube_ca.write_text("-----BEGIN CERTIFICATE-----\nours\n")
    view.write(here)
    laid = {target: Path(source).read_text() for source, target in function_binds(here)}
    assert laid["/etc/hosts"].startswith(f"{here.addresses.registry_ip} {here.registry_host}\n")
    assert laid[function_environment(here)["SSL_CERT_FILE"]].endswith("ours\n")
    assert not any("containers" in target for target in laid)


def test_functions_see_the_machines_own_files_while_there_is_no_registry(tmp_path: Path) -> None:
    assert (function_binds(home(tmp_path)), function_environment(home(tmp_path))) == ([], {})
