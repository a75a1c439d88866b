"""Text -> text: image references of the release set to their digests, in the source, and no other byte changed."""
