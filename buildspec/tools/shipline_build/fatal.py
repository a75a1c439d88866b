"""The one way a step fails."""


class Fatal(Exception):
    """What is wrong, and what to do; shown as the last lines of the step's output."""
