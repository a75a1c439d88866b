"""What deploying a definition changes: the stages of `shipline plan`.

synthesis   a folder → the stacks that its definition makes, as `cdk synth` would
deployed    their names → the templates that CloudFormation has, and whether each stack can be updated
compare     two templates → frozen changes of resources; pure
plan        changes → groups of lines: rights, network, losses, the pipeline, the rest; pure
telling     a plan → text and data

Nothing here writes to AWS.
"""
