"""kling-discord: Kling AI in a Discord server."""

__version__ = "0.1.0"
"""The only place that says it; the package's metadata is made from here."""
