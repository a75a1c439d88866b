"""Where an artifact lies in the pipeline's bucket: AWS's own key scheme."""

import string
import uuid

from local.codepipeline.state import Location

ALPHABET = string.ascii_letters + string.digits
PIPELINE_LENGTH, ARTIFACT_LENGTH, SUFFIX_LENGTH = 20, 10, 7


def location(bucket: str, pipeline: str, artifact: str, unique: str, *, source: bool) -> Location:
    """`unique` is a UUID of this attempt: every attempt writes to a place of its own."""
    key = f"{pipeline[:PIPELINE_LENGTH]}/{artifact[:ARTIFACT_LENGTH]}/{_suffix(unique)}"
    return Location(bucket, key + ".zip" if source else key)


def _suffix(unique: str) -> str:
    number, letters = uuid.UUID(unique).int, []
    for _ in range(SUFFIX_LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(letters)
