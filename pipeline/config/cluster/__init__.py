"""The cluster of pipeline.yaml.

model      what may be written: the cluster and its people
endpoint   what may be written of its public endpoint
network    what may be written of its VPC; networkplan, networkcheck: its plan, and what AWS would refuse of it
ranges     ranges of IPv4 addresses
capacity   how many pods fit, on nodes and in subnets
endpoints  which VPC endpoints it needs
fargate    what Fargate would not run
nodes      what may be written of its node groups
plan       the same with every default chosen: what the cluster stack is made from
resolve    the model → the plan
check      what EKS and Kubernetes would refuse
scaling    who starts more machines: Karpenter, the Cluster Autoscaler
equipment  what it comes with: add-ons, storage, traffic, insights
taints     taints of nodes
instances  which processors an EC2 instance type has
versions   which Kubernetes EKS supports, and until when
"""
