"""The one error of this package."""


class AssetError(Exception):
    """A zip cannot be made; the message says why and what to do."""
