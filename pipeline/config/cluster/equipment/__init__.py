"""What a cluster comes with, besides its machines: add-ons, storage, ways in, and what CloudWatch sees of it.

prometheus  metrics by Prometheus, from the model to its plan
known    EKS's add-ons: where each runs, and as whom it calls AWS
model    what may be written
plan     the same with every default chosen
resolve  the model → the plan
told     the plan → lines that explain it
check    what EKS would refuse, or what would not work together
"""
