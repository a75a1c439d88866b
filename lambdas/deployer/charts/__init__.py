"""Packed charts: archives opened by rules of our own, and charts that are pulled from a registry by digest."""
