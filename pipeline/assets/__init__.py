"""Folders → the zips that the templates name. The same input gives the same bytes, on any machine."""

from pathlib import Path

# The checkout that holds the deployer, the namespaces function and the buildspecs.
TOOLKIT = Path(__file__).resolve().parent.parent.parent
