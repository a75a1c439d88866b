"""Conditions of an environment's stage: what is asked before it is entered, and when it has succeeded or failed.

model    what may be written
plan     the same with every default chosen
resolve  the model → the plan
check    what CodePipeline, CloudWatch or Lambda would refuse
tell     the plan in a line, for people
"""
