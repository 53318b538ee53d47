"""Skyjar inside a test: `with skyjar.running() as cloud:` and a pytest plugin with a `skyjar` fixture."""

from .running import Running, running

__all__ = ["Running", "running"]
