"""What happened, for those who read it: a line, a message, and the whole.

- words     a release's counts and reasons in the few characters that CodePipeline shows
- story     what the log was told of this release, and the plan that was carried out
- document  the story and its end as JSON; text: the same for people; bundle: both in the action's output artifact
- kept      the story of a release that goes on in another invocation
"""

from deployer.report.words import LONGEST, LONGEST_SUMMARY, counts, digests, failure, outputs, shortened, success

__all__ = ["LONGEST", "LONGEST_SUMMARY", "counts", "digests", "failure", "outputs", "shortened", "success"]
