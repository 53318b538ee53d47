"""The kernel: store, tables, transactions, clock, ids, blobs, jobs, events, watches, and what a service is made of."""
