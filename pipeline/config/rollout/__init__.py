"""New versions that get their traffic step by step: `rollout` of an environment.

model    what may be written
plan     the same for one environment, with every default chosen
resolve  the model → the plan
check    where it could not work
"""
