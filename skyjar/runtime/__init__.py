"""Child processes. For Lambda: `Sandboxes` runs a `Function` and answers with a `Result`; see docs/decisions/0003."""
