"""Why a namespace is not there yet, or will never be."""


class NotYet(Exception):
    """A refusal, or no answer; the same call may succeed in a moment."""


class Refused(Exception):
    """The API server will say the same next time."""
