"""pipeline.yaml: text → `Service`, or every mistake at once.

text        bytes → YAML nodes → plain data, and the line and column of each key and value
model       what may be written, typed; the JSON Schema and the reference page come from it too
validate    data → PipelineConfig, and the problems; what is wrong is put aside so that the rest is checked too
check       PipelineConfig and the service's folder → problems (files that are missing, AWS's limits)
resolve     PipelineConfig and the service's folder → Service: every default chosen
explain     Service → lines that say what was chosen, and by whom
"""

from pipeline.config.explain import explain
from pipeline.config.load import load
from pipeline.config.model import PipelineConfig
from pipeline.config.problems import InvalidDefinition, Problem
from pipeline.config.service import Service

__all__ = ["InvalidDefinition", "PipelineConfig", "Problem", "Service", "explain", "load"]
