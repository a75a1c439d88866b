"""Releases that are commits: `gitops` of pipeline.yaml.

model    what may be written
plan     the same for one environment, with every default chosen
resolve  the model → the plan
check    what would loop, clash or prove nothing
"""
