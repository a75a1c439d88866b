"""Who starts more machines for a cluster as its pods need them: Karpenter, or the Cluster Autoscaler.

model    what may be written
plan     the same with every default chosen
resolve  the model → the plan
told     the plan → lines that explain it
check    what AWS or Karpenter would refuse, or what would not work together
"""
