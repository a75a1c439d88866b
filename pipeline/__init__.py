"""The definition: pipeline.yaml, read and checked, becomes the CloudFormation templates of one service.

pipeline.config   text → Service; every mistake at once, with its place. Knows nothing of the CDK.
pipeline.stacks   Service → the cluster stack and the delivery stack.
pipeline.parts    what the stacks are made of: one construct per file.
pipeline.assets   folders → the zips that the templates name.
pipeline.synth    Service → cdk.out.
pipeline.main     the composition: where the service is → Service → cdk.out. It deploys nothing.
"""
