"""Base images whose pushes start a release: `base_images` of a source in pipeline.yaml.

model    what may be written
plan     the same with every default chosen
check    what ECR and CodePipeline would refuse, and what would be watched in vain
"""
