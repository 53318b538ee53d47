"""The edge's limits as data, each with its unit and source."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True)
class Limits:
    head_bytes: int = 64 * KIB
    """Request line and headers together. An Application Load Balancer takes 64 K of headers, more than any AWS API."""
    header_count: int = 200
    """Our own: the SDKs send about 10, S3 metadata is held to 2 KB by S3 itself."""
    buffered_body_bytes: int = MIB
    """Up to here a body is read without asking the application. SQS and SNS send 1 MiB at most."""
    maximum_buffered_body_bytes: int = 128 * MIB
    """Of a body that the application wants in memory. Lambda's direct code upload is 50 MB, base64 makes it 70."""
    websocket_message_bytes: int = MIB
    """Of one whole message. API Gateway takes 128 KB, AppSync 240 KB."""
    header_time_s: float = 20
    """From the first byte of a head to its last (slowloris)."""
    body_idle_s: float = 60
    """Without a byte of an unfinished body, or without the client taking a byte of a response."""
    keep_alive_s: float = 75
    """Between requests. botocore and the Go SDK keep idle connections for 90 s and 60 s, and reconnect by themselves."""
    line_idle_s: float = 300
    """Without a byte on a port of a service's own. DAX's clients ask for the cluster's nodes every few seconds."""
    linger_s: float = 2
    """After a refused body: how long the client may take to read the refusal before the connection goes."""
    connections: int = 4096
    """Open at once, of all kinds."""
    pipelined: int = 32
    """Requests waiting behind an unanswered one before reading stops."""
    http2_streams: int = 128
    """Open at once in one HTTP/2 connection (RFC 9113 advises 100 or more)."""
    http2_resets: int = 1000
    """Streams that a client may reset in one connection before it is taken for an attack (CVE-2023-44487)."""
    file_chunk_bytes: int = 256 * KIB
    """Read at a time of a file that is sent."""
