"""YAML as Kubernetes reads it, and edits of its text that touch nothing else."""
