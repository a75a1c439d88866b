"""What every mapping of pipeline.yaml is."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
