"""Images in a Harbor instead of ECR: whether they are there, what their scans say (gates/harbor.py), and the Secret
that pods pull them with. One robot account that only pulls does all three."""
