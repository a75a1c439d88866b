"""Functions run for real: moto keeps them, the gate guards them, each runs in a cell of its own."""

import base64
import json
import os
import stat
import subprocess
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from local.functions.api import register
from local.functions.invoker import Invoker
from tests.support.gated_moto import GatedMoto, gated_moto

ACCOUNT = "123456789012"
CODE = """
import json, logging, os, subprocess, sys, time
import boto_like

logging.getLogger().setLevel("INFO")

def handle(event, context):
    return globals()[event["do"]](event, context)

def echo(event, context):
    return event

def look(event, context):
    return {
        "environment": dict(os.environ), "path": sys.path, "user": os.getuid(), "folder": os.getcwd(),
        "root": sorted(os.listdir("/")), "left": context.get_remaining_time_in_millis(),
        "id": context.aws_request_id, "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb,
        "layer": open("/opt/text").read(), "library": boto_like.NAME, "tmp": os.listdir("/tmp"),
    }

def run(event, context):
    done = subprocess.run(event["argv"], capture_output=True, text=True)
    return [done.returncode, done.stdout, done.stderr]

def write(event, context):
    open("/tmp/mine", "w").write("x")
    try:
        open("/var/task/app.py", "w")
    except OSError as error:
        return error.strerror

def fail(event, context):
    raise ValueError("broken on purpose")

def leave(event, context):
    os._exit(3)

def sleep(event, context):
    subprocess.Popen(["setsid", "sleep", event["mark"]])
    print("going to sleep", flush=True)
    time.sleep(60)

def grow(event, context):
    held = bytearray(300 * 1024 * 1024)
    time.sleep(5)
    return len(held)

def speak(event, context):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    logging.getLogger("app").info("through logging")
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
LOGS = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/probe:*",
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatedMoto]:
    with gated_moto(
        tmp_path_factory.mktemp("home"), lambda home, authority: register(Invoker(home, authority, (0.1, 0.1)))
    ) as running:
        iam = running.owner("iam")
        role = iam.create_role(RoleName="probe", AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="probe", PolicyName="logs", PolicyDocument=document(LOGS))
        functions = running.owner("lambda")
        layers = [
            functions.publish_layer_version(LayerName=name, Content={"ZipFile": zipped(files)})["LayerVersionArn"]
            for name, files in (
                ("low", {"text": "low", "python/boto_like.py": "NAME = 'from the layer'"}),
                ("high", {"text": "high", "bin/tool": "#!/bin/sh\necho tool of the layer\n"}),
            )
        ]
        functions.create_function(
            FunctionName="probe",
            Runtime="python3.11",
            Role=role,
            Handler="app.handle",
            Code={"ZipFile": zipped({"app.py": CODE})},
            Timeout=3,
            MemorySize=256,
            Environment={"Variables": {"COLOUR": "blue", "AWS_REGION": "nowhere"}},
            Layers=layers,
            EphemeralStorage={"Size": 600},
        )
        yield running


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def zipped(files: dict[str, str]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def create(aws: GatedMoto, name: str, code: str, role: str = "probe", runtime: str = "python3.11") -> None:
    """A function of one file, whose handler is `handle` in it."""
    file = "app.py" if runtime.startswith("python") else "app.js"
    aws.owner("lambda").create_function(
        FunctionName=name,
        Runtime=runtime,
        Role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        Handler="app.handle",
        Code={"ZipFile": zipped({file: code})},
        MemorySize=512,
        Timeout=10,
    )


def invoke(aws: GatedMoto, do: str, name: str = "probe", **more: Any) -> tuple[str | None, Any]:
    answer = aws.owner("lambda").invoke(FunctionName=name, Payload=json.dumps({"do": do, **more}))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def logged(aws: GatedMoto, word: str) -> list[str]:
    """All lines of the stream that has the word in one of them."""
    logs = aws.owner("logs")
    for stream in logs.describe_log_streams(logGroupName="/aws/lambda/probe")["logStreams"]:
        place = {"logGroupName": "/aws/lambda/probe", "logStreamName": stream["logStreamName"]}
        lines = [event["message"] for event in logs.get_log_events(**place)["events"]]
        if any(word in line for line in lines):
            return lines
    return []


def test_what_a_function_returns_comes_back(aws: GatedMoto) -> None:
    assert invoke(aws, "echo", x=["ü", 1, None]) == (None, {"do": "echo", "x": ["ü", 1, None]})


def test_a_cold_start_is_quick(aws: GatedMoto) -> None:
    invoke(aws, "echo")
    started = time.monotonic()
    for _ in range(3):
        invoke(aws, "echo")
    assert (time.monotonic() - started) / 3 < 1.0  # 0.15 s on an idle machine


def test_a_function_sees_what_lambda_shows(aws: GatedMoto) -> None:
    error, seen = invoke(aws, "look")
    assert error is None, seen
    environment = seen["environment"]
    wanted = {
        "COLOUR": "blue",
        "AWS_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": "probe",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_ENDPOINT_URL": aws.home.endpoint_url,
        "_HANDLER": "app.handle",
        "TZ": ":UTC",
    }
    assert wanted.items() <= environment.items()
    assert seen["folder"] == "/var/task"
    assert seen["user"] not in (0, os.getuid())
    assert seen["tmp"] == []
    assert seen["layer"] == "high"
    assert seen["library"] == "from the layer"
    assert (seen["memory"], seen["arn"]) == ("256", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:probe")
    assert 0 < seen["left"] <= 3000
    assert not [path for path in seen["path"] if "site-packages" in path and not path.startswith("/opt/")]
    assert {"home", "root", "work"}.isdisjoint(seen["root"]), "nothing of the machine's own data"


def test_its_credentials_are_its_roles(aws: GatedMoto) -> None:
    _, seen = invoke(aws, "look")
    environment = seen["environment"]
    principal = aws.authority.principal(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SESSION_TOKEN"])
    assert principal is not None
    assert principal.role_arn == f"arn:aws:iam::{ACCOUNT}:role/probe"
    assert aws.home.addresses.secret_key not in json.dumps(seen)


def test_layers_bring_programs_and_tmp_has_its_size(aws: GatedMoto) -> None:
    assert invoke(aws, "run", argv=["tool"])[1] == [0, "tool of the layer\n", ""]
    _, (_, listed, _) = invoke(aws, "run", argv=["df", "-m", "--output=size", "/tmp"])
    assert listed.split()[-1] == "600"


def test_only_tmp_can_be_written_and_nothing_stays(aws: GatedMoto) -> None:
    assert invoke(aws, "write") == (None, "Read-only file system")
    assert invoke(aws, "look")[1]["tmp"] == []


def test_an_exception_is_told_with_its_place(aws: GatedMoto) -> None:
    error, said = invoke(aws, "fail")
    assert error == "Unhandled"
    assert (said["errorType"], said["errorMessage"]) == ("ValueError", "broken on purpose")
    assert "/var/task/app.py" in said["stackTrace"][-1]


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("import nothing_like_it", "Runtime.ImportModuleError", "No module named 'nothing_like_it'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handle' missing on module 'app'"),
        ("def", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("def handle(e, c): return object()", "Runtime.MarshalError", "Unable to marshal response"),
        ("import sys; sys.exit(4)", "SystemExit", "4"),
    ],
)
def test_code_that_cannot_run_is_told_in_lambdas_words(aws: GatedMoto, code: str, kind: str, words: str) -> None:
    create(aws, "broken", code)
    try:
        error, said = invoke(aws, "x", "broken")
    finally:
        aws.owner("lambda").delete_function(FunctionName="broken")
    assert error == "Unhandled"
    assert said["errorType"] == kind
    assert words in said["errorMessage"]


def test_the_timeout_ends_all_that_the_function_started(aws: GatedMoto) -> None:
    mark = "98765"
    started = time.monotonic()
    error, said = invoke(aws, "sleep", mark=mark)
    assert 3 <= time.monotonic() - started < 30
    assert error == "Unhandled"
    assert said["errorMessage"].endswith("Task timed out after 3.00 seconds")
    deadline = time.monotonic() + 20
    while _running(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(mark)
    assert any("Task timed out after 3.00 seconds" in line for line in logged(aws, "going to sleep"))


def _running(mark: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"^sleep {mark}"], capture_output=True).returncode == 0


def test_a_runtime_that_exits_or_takes_too_much_memory_is_told(aws: GatedMoto) -> None:
    assert invoke(aws, "leave")[1]["errorType"] == "Runtime.ExitError"
    assert invoke(aws, "grow")[1]["errorType"] == "Runtime.OutOfMemory"


def test_the_log_has_start_lines_end_and_report(aws: GatedMoto) -> None:
    answer = aws.owner("lambda").invoke(FunctionName="probe", Payload=b'{"do": "speak"}', LogType="Tail")
    lines = logged(aws, "to stdout")
    assert base64.b64decode(answer["LogResult"]).decode().splitlines() == lines
    assert lines[0].startswith("START RequestId: ")
    assert {"to stdout", "to stderr"} <= set(lines)
    assert any(line.startswith("[INFO]\t") and line.endswith("\tthrough logging") for line in lines)
    assert lines[-2].startswith("END RequestId: ")
    assert "Memory Size: 256 MB" in lines[-1]


def test_without_the_right_to_log_there_is_no_log_and_nothing_else_fails(aws: GatedMoto) -> None:
    iam = aws.owner("iam")
    iam.delete_role_policy(RoleName="probe", PolicyName="logs")
    try:
        assert invoke(aws, "echo", word="unlogged")[0] is None
        assert logged(aws, "unlogged") == []
    finally:
        iam.put_role_policy(RoleName="probe", PolicyName="logs", PolicyDocument=document(LOGS))


def test_a_failed_event_is_tried_three_times_under_one_id(aws: GatedMoto) -> None:
    answer = aws.owner("lambda").invoke(FunctionName="probe", InvocationType="Event", Payload=b'{"do": "fail"}')
    assert answer["StatusCode"] == 202
    request_id = answer["ResponseMetadata"]["RequestId"]
    deadline = time.monotonic() + 20
    while _streams_of(aws, request_id) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _streams_of(aws, request_id) == 3


def _streams_of(aws: GatedMoto, request_id: str) -> int:
    events = aws.owner("logs").filter_log_events(logGroupName="/aws/lambda/probe", limit=10000)["events"]
    return sum(event["message"].startswith(f"END RequestId: {request_id}") for event in events)


def test_a_dry_run_starts_nothing(aws: GatedMoto) -> None:
    answer = aws.owner("lambda").invoke(FunctionName="probe", InvocationType="DryRun", Payload=b'{"do": "echo"}')
    assert answer["StatusCode"] == 204


def test_new_settings_and_new_code_hold_at_the_next_invocation(aws: GatedMoto) -> None:
    functions = aws.owner("lambda")
    create(aws, "changing", "import os\ndef handle(e, c): return os.environ.get('X')")
    assert invoke(aws, "x", "changing") == (None, None)
    functions.update_function_configuration(FunctionName="changing", Environment={"Variables": {"X": "1"}})
    assert invoke(aws, "x", "changing") == (None, "1")
    functions.update_function_code(
        FunctionName="changing", ZipFile=zipped({"app.py": "def handle(e, c): return 'new'"})
    )
    assert invoke(aws, "x", "changing") == (None, "new")


def test_a_role_that_lambda_may_not_take_is_told(aws: GatedMoto) -> None:
    trust = TRUST | {"Principal": {"Service": "codebuild.amazonaws.com"}}
    aws.owner("iam").create_role(RoleName="not-lambda", AssumeRolePolicyDocument=document(trust))
    create(aws, "roleless", "", role="not-lambda")
    functions = aws.owner("lambda")
    with pytest.raises(functions.exceptions.ClientError, match="cannot be assumed by Lambda"):
        functions.invoke(FunctionName="roleless")


def test_an_absent_function_and_a_payload_that_is_no_json_are_told(aws: GatedMoto) -> None:
    functions = aws.owner("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.invoke(FunctionName="nothing")
    with pytest.raises(functions.exceptions.InvalidRequestContentException):
        functions.invoke(FunctionName="probe", Payload=b"{")


def test_a_node_function_runs(aws: GatedMoto) -> None:
    code = "exports.handle = async (event, context) => ({event, name: context.functionName})"
    create(aws, "node", code, runtime="nodejs22.x")
    assert invoke(aws, "x", "node") == (None, {"event": {"do": "x"}, "name": "node"})


def test_nothing_of_a_run_is_left(aws: GatedMoto) -> None:
    invoke(aws, "echo")
    assert list((aws.home.work / "functions" / "root").iterdir()) == []
    assert str(aws.home.work) not in Path("/proc/self/mounts").read_text()
