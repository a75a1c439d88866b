"""The environment variables that Lambda sets for a function, around the function's own."""

from local.context import Credentials
from local.functions.function import Function
from local.settings import Home


def environment(
    home: Home, function: Function, credentials: Credentials, runtime_api: str, log_stream: str
) -> dict[str, str]:
    """Lambda's names win over the function's own, as Lambda does not let those be set."""
    return {
        **function.environment,
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ENDPOINT_URL": home.endpoint_url,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": function.region,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": "/var/lang/lib:/var/task:/var/task/lib:/opt/lib",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "TZ": ":UTC",
    }
