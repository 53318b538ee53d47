"""One folder per AWS service, all alike; see docs/ARCHITECTURE.md."""
