"""A scripted conversation with the real bot in a local world: what `make demo` plays."""

from sandbox.tour.play import play_tour

__all__ = ["play_tour"]
