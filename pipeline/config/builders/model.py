"""What may be written about the steps in front of a build, and about who builds its images."""

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic_core import PydanticCustomError

from pipeline.config.base import Model
from pipeline.config.kinds import EC2_ID, Name, RelativePath, shaped

Line = Annotated[
    str, shaped(r"^[^\r\n]+$", "write one line; what needs several goes into a script of the repository", 1000)
]
Variable = Annotated[
    str, shaped(r"^[A-Za-z_][A-Za-z0-9_]*$", "name it as a variable: letters, digits and `_`, no digit first", 128)
]


class Commands(Model):
    """Commands that CodePipeline runs in front of the build: its action `Commands`, on a machine of CodeBuild's that
    needs no project, with 55 minutes. They begin in the service's folder, in one shell after another that keeps its
    folder and its variables, and see COMMIT_ID, BRANCH and PIPELINE_EXECUTION_ID. The first that fails ends the
    release. The step's role may write its log and use the pipeline's artifacts, nothing else; it is in no VPC."""

    name: Name
    """The step's name; its action carries it."""
    commands: Annotated[tuple[Line, ...], Field(min_length=1, max_length=50)]
    """Shell commands of one line each, of up to 1,000 characters."""
    variables: Annotated[tuple[Variable, ...], Field(max_length=15)] = ()
    """Variables that the commands set and that the steps behind it and the build get, too: the tests, and a buildspec
    of the service's own. One that is not set fails the release."""
    files: Annotated[tuple[RelativePath, ...], Field(max_length=10)] = ()
    """Files that the steps behind it and the build get, too, by pattern, as in `dist/**/*`: in the folder that
    `$CODEBUILD_SRC_DIR_<name>_files` names, where `_` stands for each `-` of the name. None that matches fails the
    release."""


Step = Commands


def no_lambda(value: Any) -> Any:
    """For a size of machines that build images."""
    if isinstance(value, str) and "lambda" in value.lower():
        raise PydanticCustomError(
            "lambda_compute",
            "CodeBuild runs no docker on Lambda: write small, or a larger size",
        )
    return value


class DockerServer(Model):
    """A machine beside the build's own, of this project alone, whose docker engine builds the images. It keeps the
    layers of its builds for as long as it is kept: it stops after each build, and goes about a month after the last."""

    size: Literal["small", "medium", "large", "xlarge", "2xlarge"]
    """Its machine: 2, 4, 8, 32 or 64 vCPUs, which are paid for while a build runs."""
    security_groups: Annotated[
        tuple[
            Annotated[str, shaped(EC2_ID.format("sg"), "write the id of a security group: sg-0123456789abcdef0")], ...
        ],
        Field(max_length=5),
    ] = ()
    """Ids of its security groups where builds run in a `vpc`, and there only: they have to let the VPC in at port
    9876."""
