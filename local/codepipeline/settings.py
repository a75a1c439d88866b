"""The engine's figures, in one place so that tests can shorten them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    reinvoke_delay: float = 1.0  # between a continuation token and the next invocation; AWS publishes none
    job_timeout: float = 20 * 60  # for each job of an Invoke action
    compute_limit: float = 60 * 60  # for commands in compute of CodePipeline's own
    build_poll: float = 0.1  # between two looks at a running build
