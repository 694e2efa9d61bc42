"""The playground: a page on loopback with the real bot in a local Discord and a local Kling."""

from sandbox.playground.run import run_playground

__all__ = ["run_playground"]
