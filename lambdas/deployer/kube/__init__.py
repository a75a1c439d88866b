"""The Kubernetes API: the only room that speaks to a cluster."""
