"""Which service is meant: the one that was named, the one of this folder, or the account's only one."""

from pathlib import Path

from cli.definition import name_here
from cli.errors import CommandError
from cli.pipelines import pipeline_names
from cli.world import World


def chosen_service(world: World, named: str | None) -> str:
    """CommandError (2) names the choices when there are several, and the way when there is none."""
    existing = pipeline_names(world.client("codepipeline"))
    wanted = named or name_here(Path.cwd())
    if wanted in existing:
        return str(wanted)
    if named or not existing:
        missing = f"there is no pipeline {named}" if named else "there is no pipeline"
        known = (
            f"there are: {', '.join(existing)}"
            if existing
            else "deliver one: shipline up --service PATH, or cdk deploy --all"
        )
        raise CommandError(missing, known)
    if len(existing) == 1:
        return existing[0]
    raise CommandError("there are several pipelines", f"name one of them: {', '.join(existing)}")
