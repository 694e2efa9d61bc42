"""kling-discord: Kling AI in a Discord server."""

__version__ = "0.1.0"
"""The single source of the version; the package's metadata is made from it."""
