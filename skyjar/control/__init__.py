"""Skyjar's own HTTP interface, below `/_skyjar/`: health, calls, why, clock, snapshots, reset. The CLI speaks it."""
