"""The actions in front of the build's: each in its turn, with a role of its own."""

from collections.abc import Callable

from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config import handed
from pipeline.config.builders.plan import CommandsStep
from pipeline.config.service import Service
from pipeline.parts.artifacts import Artifacts
from pipeline.parts.logs import write_pipeline_log
from pipeline.parts.policies import fixed


class Steps:
    """`actions` in their order, and what they hand on: `files`, which are artifacts, and `variables`."""

    def __init__(
        self,
        scope: Construct,
        service: Service,
        source: codepipeline.Artifact,
        artifacts: Artifacts,
        role_of: Callable[[str], iam.Role],
    ) -> None:
        self.files: list[codepipeline.Artifact] = []
        self.variables: dict[str, str] = {}
        self.actions: list[codepipeline.IAction] = []
        self._told: list[dict[str, str]] = []
        self._service, self._source, self._artifacts, self._role_of = service, source, artifacts, role_of
        self._rights = write_pipeline_log(scope, service.name) if service.build.steps else []
        for step in service.build.steps:
            self._add(step)

    def tell(self, pipeline: codepipeline.Pipeline, stage: int) -> None:
        """CDK's action has no words for the variables that commands see."""
        resource = pipeline.node.default_child
        assert isinstance(resource, codepipeline.CfnPipeline)
        for index, told in enumerate(self._told):
            variables = [{"Name": name, "Type": "PLAINTEXT", "Value": value} for name, value in told.items()]
            resource.add_property_override(f"Stages.{stage}.Actions.{index}.EnvironmentVariables", variables)

    def _add(self, step: CommandsStep) -> None:
        role = self._role_of(f"Step-{step.name}")
        self._artifacts.grant(role)
        for statement in self._rights:
            role.add_to_policy(statement)
        made = codepipeline.Artifact(step.artifact, list(step.files)) if step.files else None
        self.actions.append(
            actions.CommandsAction(
                action_name=step.name,
                commands=list(step.commands),
                input=self._source,
                extra_inputs=[*self.files],
                output=made,
                output_variables=list(step.variables) or None,
                variables_namespace=step.namespace if step.variables else None,
                role=fixed(role),
                run_order=len(self.actions) + 1,
            )
        )
        self._told.append({**handed.to_step(self._service.source), **self.variables})
        self.files += [made] if made else []
        self.variables |= step.given
