"""The pipeline: Source, Build, then each environment, behind an approval where one is wanted."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config import handed
from pipeline.config.service import ApprovalGate, S3Source, Service, Target
from pipeline.config.targets.check import BELOW, approval_room
from pipeline.parts import approval
from pipeline.parts.artifacts import Artifacts
from pipeline.parts.bases import base_actions
from pipeline.parts.conditions import StageConditions
from pipeline.parts.eksaction import Applied
from pipeline.parts.environment import Environment
from pipeline.parts.logs import write_pipeline_log
from pipeline.parts.policies import allow, fixed, rights
from pipeline.parts.project import BuildProject
from pipeline.parts.source import source
from pipeline.parts.steps import Steps
from pipeline.parts.uploads import start


class Release(Construct):
    """`pipeline`, with a role for itself and one for each action, each with that action's rights only."""

    def __init__(self, scope: Construct, construct_id: str, service: Service, artifacts: Artifacts) -> None:
        super().__init__(scope, construct_id)
        self._artifacts = artifacts
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("codepipeline.amazonaws.com"))
        self._action_roles: list[iam.Role] = []
        self._service = service
        self._built = codepipeline.Artifact("Release")
        self.source = source(self, service, self._action_role("Source"), artifacts)
        self.pipeline = codepipeline.Pipeline(
            self,
            "Pipeline",
            pipeline_name=service.name,
            pipeline_type=codepipeline.PipelineType.V2,
            execution_mode=codepipeline.ExecutionMode[service.mode.upper()],
            role=fixed(self._role),
            artifact_bucket=artifacts.bucket,
            triggers=self.source.triggers or None,
        )
        bases = base_actions(self, service.source.bases, self._action_role, artifacts)
        self.pipeline.add_stage(stage_name="Source", actions=[self.source.action, *bases])
        if isinstance(service.source, S3Source):
            start(self, service.source, self.pipeline)
        else:
            self._state_format()

    def _state_format(self) -> None:
        """A zip of the tree is what CodePipeline fetches anyway; stated, so that a reader need not know."""
        resource = self.pipeline.node.default_child
        assert isinstance(resource, codepipeline.CfnPipeline)
        resource.add_property_override("Stages.0.Actions.0.Configuration.OutputArtifactFormat", "CODE_ZIP")

    def build(self, project: BuildProject) -> None:
        """The stage that makes the release: input Source, output Release; the steps come before the build."""
        steps = Steps(self, self._service, self.source.output, self._artifacts, self._action_role)
        role = self._action_role("Build")
        role.add_to_policy(_use(project))
        told = {**handed.to_build(self._service.source), **steps.variables}
        action = actions.CodeBuildAction(
            action_name="Build",
            variables_namespace="Build",
            project=project.project,
            input=self.source.output,
            extra_inputs=steps.files or None,
            outputs=[self._built],
            environment_variables={
                name: codebuild.BuildEnvironmentVariable(value=value) for name, value in told.items()
            },
            role=fixed(role),
            run_order=len(steps.actions) + 1,
        )
        self.pipeline.add_stage(stage_name="Build", actions=[*steps.actions, action])
        steps.tell(self.pipeline, stage=1)

    def environment(self, target: Target, parts: Sequence[Environment]) -> None:
        """The stages of one environment; `parts` is itself, or as it is at each of its targets."""
        reads: list[codepipeline.Artifact | None] = [None] * len(parts)
        deployed = all(part.deployer for part in parts)
        if target.approval and not deployed:
            self.pipeline.add_stage(
                stage_name=f"{target.name}-approval", actions=[self._approve(target, target.approval, planned=False)]
            )
        elif target.approval:
            shown = [codepipeline.Artifact(approval.artifact(part.target.key)) for part in parts]
            room = approval_room(target) if target.targets else approval.room(target.approval.message)
            plans = [self._plan(part, read, room) for part, read in zip(parts, shown, strict=True)]
            self.pipeline.add_stage(
                stage_name=f"{target.name}-approval",
                actions=[*plans, self._approve(target, target.approval)],
            )
            reads = [*shown]
        asked = StageConditions(self, f"Conditions-{target.name}", target, self._role, self._command_role)
        self.pipeline.add_stage(
            stage_name=target.name,
            actions=[action for part, read in zip(parts, reads, strict=True) for action in self._work(part, read)],
            before_entry=asked.before,
            on_success=asked.success,
            on_failure=asked.failure,
        )
        self.pipeline.node.add_dependency(*(access for part in parts for access in part.access))

    def _work(self, part: Environment, read: codepipeline.Artifact | None) -> list[codepipeline.IAction]:
        """What releases one part, tries it out and watches it, one after the other and before the next wave."""
        first = 1 + 3 * (part.target.at.wave - 1 if part.target.at else 0)
        actions = [self._apply(part, part.applied, first) if part.applied else self._deploy(part, read, first)]
        if part.verifier:
            actions.append(self._verify(part.target, part.verifier, first + 1))
        if part.target.soak:
            actions.append(self._soak(part, first + 2))
        return actions

    def finish(self) -> None:
        """The pipeline's own rights: its artifacts, and the roles of its actions."""
        self._artifacts.grant(self._role)
        self._role.add_to_policy(allow(["sts:AssumeRole"], *(role.role_arn for role in self._action_roles)))
        # The first execution starts the moment that the pipeline is there.
        self.pipeline.node.add_dependency(*rights(self._role, *self._action_roles))

    def _plan(self, part: Environment, read: codepipeline.Artifact, room: int) -> codepipeline.IAction:
        """What the deployment would do, for who approves it: output `read`, and variables that its text shows."""
        told = {"mode": "plan", "execution": handed.EXECUTION, "summary": str(room)}
        return self._invoke("Plan", part, told, [self._built], read, approval.namespace(part.target.key))

    def _approve(self, target: Target, gate: ApprovalGate, *, planned: bool = True) -> codepipeline.IAction:
        keys = {part.at.name: part.key for part in target.parts if part.at}
        shown = approval.text_of_all(keys, gate.message, BELOW) if keys else approval.text(target.name, gate.message)
        return actions.ManualApprovalAction(
            action_name="Approve",
            additional_information=shown if planned else gate.message,
            timeout=Duration.seconds(int(gate.expires.total_seconds())),
            role=fixed(self._action_role(f"{target.name}-Approve")),
            run_order=2 if planned else 1,
        )

    def _apply(self, part: Environment, applied: Applied, order: int) -> codepipeline.IAction:
        """CodePipeline itself applies what the build has rendered."""
        role = self._action_role(f"{part.target.key}-Deploy")
        self._artifacts.grant_reading(role)
        action, access = applied.action(role, self._service.name, self._built, order)
        part.access.append(access)
        return action

    def _deploy(self, part: Environment, read: codepipeline.Artifact | None, order: int) -> codepipeline.IAction:
        """The plan that was read is what is carried out; where nobody reads one, there is none to hold to."""
        key = part.target.key
        told = {"execution": handed.EXECUTION, "commit": handed.to_build(self._service.source)["COMMIT_ID"]}
        inputs = [self._built]
        if read:
            told |= approval.parameters(key)
            inputs.append(read)
        return self._invoke("Deploy", part, told, inputs, codepipeline.Artifact(f"Report-{key}"), key, order)

    def _invoke(
        self,
        verb: str,
        part: Environment,
        told: dict[str, str],
        inputs: list[codepipeline.Artifact],
        output: codepipeline.Artifact | None,
        namespace: str | None,
        order: int = 1,
    ) -> codepipeline.IAction:
        """An action of the part's deployer."""
        assert part.deployer is not None
        function = part.deployer.function
        role = self._action_role(f"{part.target.key}-{verb}")
        role.add_to_policy(allow(["lambda:InvokeFunction"], function.function_arn))
        # The job's credentials are this role's, narrowed to the job's own artifacts.
        self._artifacts.grant(role)
        return actions.LambdaInvokeAction(
            action_name=_named(verb, part.target),
            variables_namespace=namespace,
            lambda_=function,
            inputs=inputs,
            outputs=[output] if output else None,
            user_parameters=told,
            role=fixed(role),
            run_order=order,
        )

    def _verify(self, target: Target, verifier: BuildProject, order: int) -> codepipeline.IAction:
        role = self._action_role(f"{target.key}-Verify")
        role.add_to_policy(_use(verifier))
        return actions.CodeBuildAction(
            action_name=_named("Verify", target),
            type=actions.CodeBuildActionType.TEST,
            project=verifier.project,
            input=self._built,
            role=fixed(role),
            run_order=order,
        )

    def _soak(self, part: Environment, order: int) -> codepipeline.IAction:
        """After whatever else tries the release out."""
        asked = part.target.conditions.failure  # whether it goes back is open when the soak ends
        told = {"mode": "soak", "execution": handed.EXECUTION, "then": "stop" if asked else part.target.on_failure}
        return self._invoke("Soak", part, told, [self._built], None, None, order)

    def _command_role(self, rule: str) -> iam.Role:
        """For a rule that runs commands: to read artifacts, and to write the log that CodePipeline names so."""
        role = self._action_role(rule)
        self._artifacts.grant(role)
        for statement in write_pipeline_log(self, self._service.name):
            role.add_to_policy(statement)
        return role

    def _action_role(self, action: str) -> iam.Role:
        """A role that the pipeline's own role alone may take."""
        role = iam.Role(self, f"{action}-ActionRole", assumed_by=iam.ArnPrincipal(self._role.role_arn))
        self._action_roles.append(role)
        return role


def _named(verb: str, part: Target) -> str:
    """An action of a stage; of several targets each has its own."""
    return f"{verb}-{part.at.name}" if part.at else verb


def _use(project: BuildProject) -> iam.PolicyStatement:
    return allow(
        ["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"], project.project.project_arn
    )
