"""The last lines of a container, as a kubelet tells them."""

from typing import Any, cast

from deployer.kube.client import Kube
from deployer.kube.errors import ApiError, Status
from deployer.wait.containers import Trouble
from deployer.wait.inquiry import last_lines


class Logs:
    """A cluster that has these texts, by whether the previous container was asked for."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts

    def text(self, _path: str, previous: str, **_: Any) -> str:
        return self.texts[previous]


def lines(**texts: str) -> str:
    trouble = Trouble("web-1", "web", "Error: exit code 1", grace=0, restarted=True)
    return last_lines(cast(Kube, Logs(**texts)), "shop-dev", trouble)


def test_lines_are_those_of_the_container_that_ended_before():
    assert lines(true="no database\n", false="starting") == "no database"


def test_removed_container_gives_way_to_the_one_that_is_still_there():
    gone = "unable to retrieve container logs for containerd://2df59c8c"
    assert lines(true=gone, false="no database") == "no database"
    assert lines(true=gone, false=gone) == ""


class Refusing:
    def text(self, _path: str, **_: Any) -> str:
        raise ApiError(Status(400, "BadRequest", "container is waiting to start"), "log")


def test_a_log_that_cannot_be_had_hides_no_error():
    trouble = Trouble("web-1", "web", "ErrImagePull", grace=0, restarted=False)
    assert last_lines(cast(Kube, Refusing()), "shop-dev", trouble) == ""
