"""EKS's add-ons, by the names that `aws eks describe-addon-versions` has for them."""

CORE = ("coredns", "kube-proxy", "vpc-cni")  # EKS puts these into a cluster with node groups by itself
AGENT = "eks-pod-identity-agent"
EBS, EFS = "aws-ebs-csi-driver", "aws-efs-csi-driver"
SNAPSHOTS = "snapshot-controller"
DNS = "external-dns"
INSIGHTS = "amazon-cloudwatch-observability"

# EKS Auto Mode does their work outside of the nodes.
BUILT_IN = frozenset({*CORE, AGENT, EBS, "eks-node-monitoring-agent"})

# (namespace, service account) of those that call AWS.
ACCOUNTS = {
    EBS: ("kube-system", "ebs-csi-controller-sa"),
    EFS: ("kube-system", "efs-csi-controller-sa"),
    DNS: ("external-dns", "external-dns"),
    INSIGHTS: ("amazon-cloudwatch", "cloudwatch-agent"),
}
# The oldest that get along with what is made for them: the policy of the EBS driver's role knows volumes by the
# cluster's name, which the driver tells since then; CloudWatch's agent knows Pod Identity since then.
OLDEST = {EBS: (1, 58, 0), INSIGHTS: (3, 1, 0)}
