"""One file per kind: object -> Health."""
