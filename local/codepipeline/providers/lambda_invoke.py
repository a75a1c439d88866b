"""Invoke / Lambda: the function gets a job and ends the action with the job's result, not by returning."""

from local.codepipeline.jobdesk import JobDesk
from local.codepipeline.messages import Progress
from local.codepipeline.runner import Outcome, Provider, Waiting, Work


def provider(desk: JobDesk) -> Provider:
    def invoke(work: Work) -> Outcome:
        work.progress(Progress(work.ref, external_id=work.run.resolved["FunctionName"]))
        desk.open(work.pipeline, work.run)
        return Waiting()

    return invoke
