"""What the stacks are made of: one construct per file."""
