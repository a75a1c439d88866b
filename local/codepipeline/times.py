"""Seconds since the epoch in the shapes that AWS writes them."""

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """2019-10-29T03:32:21Z"""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(seconds: float) -> str:
    """2019-10-29T03:32Z, as an approval's SNS message has it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")
