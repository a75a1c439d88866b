"""Where artifacts lie."""

import uuid

from local.codepipeline.artifacts import location


def test_a_key_has_the_names_cut_and_a_random_end() -> None:
    found = location("bucket", "a-very-long-pipeline-name", "SourceArtifact", str(uuid.uuid4()), source=False)
    pipeline, artifact, end = found.key.split("/")
    assert (pipeline, artifact) == ("a-very-long-pipeline", "SourceArti")
    assert len(end) == 7
    assert end.isalnum()


def test_two_attempts_write_to_two_places() -> None:
    first, second = (location("b", "p", "a", str(uuid.uuid4()), source=True) for _ in range(2))
    assert first != second
    assert first.key.endswith(".zip")
