"""The steps in front of a build, and who builds its images, with every default chosen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DockerServer:
    size: str
    security_groups: tuple[str, ...]  # none: it is in no VPC


@dataclass(frozen=True)
class CommandsStep:
    name: str
    commands: tuple[str, ...]
    variables: tuple[str, ...]  # that those behind it get
    files: tuple[str, ...]  # patterns of what those behind it get

    @property
    def namespace(self) -> str:
        return f"Step-{self.name}"

    @property
    def artifact(self) -> str:
        """No name of a namespace, as CodePipeline wants it, and one that a variable of the shell can end with."""
        return f"{self.name.replace('-', '_')}_files"

    @property
    def given(self) -> dict[str, str]:
        """What those behind it get, as CodePipeline refers to it."""
        return {name: f"#{{{self.namespace}.{name}}}" for name in self.variables}


Step = CommandsStep
