from deployer.kube.errors import ApiError, Status
from deployer.wait.pods import Trouble
from deployer.wait.rollout import last_lines


class Logs:
    """Answers like the API server, by `previous`."""

    def __init__(self, **answers):
        self.answers = answers

    def text(self, path, **query):
        assert path == "/api/v1/namespaces/dev/pods/web-1/log"
        assert query["container"] == "app"
        answer = self.answers[query["previous"]]
        if isinstance(answer, Exception):
            raise answer
        return answer


def trouble(restarted=True):
    return Trouble("web-1", "app", "CrashLoopBackOff", 0.0, restarted)


def test_the_last_run_is_told():
    assert last_lines(Logs(false="no database\n", true="older"), "dev", trouble()) == "no database"


def test_a_container_that_has_just_started_again_tells_of_its_run_before():
    assert last_lines(Logs(false="", true="no database"), "dev", trouble()) == "no database"


def test_a_log_that_the_kubelet_has_deleted_is_no_log():
    gone = "unable to retrieve container logs for containerd://abc"
    assert last_lines(Logs(false=gone, true=gone), "dev", trouble()) == ""


def test_a_log_that_cannot_be_had_hides_no_error():
    refused = ApiError(Status(400, "BadRequest", "container is waiting to start"), "log")
    assert last_lines(Logs(false=refused), "dev", trouble(restarted=False)) == ""
