"""Helm releases as Helm itself knows them: what a chart rendered, its hooks, its record."""
