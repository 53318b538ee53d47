"""S3 Select: its SQL, what it reads, and what it writes. Pure: nothing here knows a call."""
