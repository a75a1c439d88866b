"""Previews of pull requests in pipeline.yaml.

model   what may be written, and what the stacks are made from
check   what AWS, Kubernetes or a preview's safety would refuse
"""
