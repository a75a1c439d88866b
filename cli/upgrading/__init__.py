"""`shipline upgrade`: what a cluster's next Kubernetes version takes, in order. Prints, and does nothing.

live     what EKS says of the cluster: versions of its control plane, add-ons and node groups
plan     the definition, what is live, two versions → steps; pure
telling  steps → lines, or data
"""
