"""Skyjar: AWS in a jar."""

__version__ = "0.1.0"
