"""What a cold start is measured with: the two programs that start, and an account and a cluster that they call."""
