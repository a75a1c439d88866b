"""Where an environment is released to, when that is more than the service's own cluster.

model      what may be written
plan       with every default chosen
resolve    the one → the other
check      what is wrong with it
regions    AWS's, where EKS is
"""
