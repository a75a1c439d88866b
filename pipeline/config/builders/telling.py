"""The steps in front of a build, in words."""

from collections.abc import Iterator

from pipeline.config.builders.plan import Step


def tell(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        count = f"{len(step.commands)} command{'s' if len(step.commands) > 1 else ''}"
        given = [*step.variables, *([f"${{CODEBUILD_SRC_DIR_{step.artifact}}}"] if step.files else [])]
        hands = f"; hands on {', '.join(given)}" if given else ""
        yield f"  before it, step {step.name}: {count} that CodePipeline runs{hands}"
