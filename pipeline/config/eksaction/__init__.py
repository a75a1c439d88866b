"""CodePipeline's own EKS action in place of the deployers: `deployer: eks-action` of pipeline.yaml.

model  the word that may be written
plan   what the build renders for it, and where in the release it finds that
check  what nobody would do without a deployer
"""
