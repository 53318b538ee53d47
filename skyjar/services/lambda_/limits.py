"""Quotas and defaults. Source: AWS Lambda Developer Guide, "Lambda quotas", and the API reference."""

from skyjar.kernel.quotas import Published

MEMORY_MIB = (128, 10_240)
MEMORY_DEFAULT_MIB = 128
TIMEOUT_S = 900
TIMEOUT_DEFAULT_S = 3
EPHEMERAL_MIB = (512, 10_240)
EPHEMERAL_DEFAULT_MIB = 512
ENVIRONMENT_BYTES = 4_096
LAYERS = 5
ZIPPED_BYTES = 52_428_800  # 50 MB, uploaded directly
REQUEST_BYTES = 70_167_211  # what such a request may measure
UNZIPPED_BYTES = 262_144_000  # 250 MB, with layers
STORAGE_BYTES = 80_530_636_800  # 75 GB of all functions and layers
SYNC_PAYLOAD_BYTES = 6_291_456
ASYNC_PAYLOAD_BYTES = 1_048_576  # 1 MB since October 2025
QUOTAS = {"concurrency": (1_000, "Executions at the same time in an account and Region")}
PUBLISHED_AS = "AWS Lambda"
PUBLISHED = {"concurrency": Published("L-B99A9384", "Concurrent executions")}
UNRESERVED_LEAST = 100
KEPT_READY = 100  # our own: sandboxes of provisioned concurrency are processes of this machine
RETRIES = 2
RETRY_AFTER_S = (60.0, 120.0)
EVENT_AGE_S = (60, 21_600)
THROTTLE_BACKOFF_S = (1.0, 300.0)
PAGE = 50
POLICY_BYTES = 20_480
TAGS = 50
POLLERS = 5  # batches of one event source mapping at a time
BATCH_SIZE_DEFAULT = 10
BATCH_SIZE = 10_000
BATCH_SIZE_WITHOUT_WINDOW = 10
BATCH_BYTES = 6_291_456
STREAM_BATCH_SIZE_DEFAULT = 100
STREAM_RECORD_AGE_S = (60, 604_800)
STREAM_BACKOFF_S = 60.0  # at most, between tries of a batch
WINDOW_STATE_BYTES = 1_048_576  # of a tumbling window, per shard
ITERATOR_S = {"dynamodbstreams": 890, "kinesis": 290}  # how long one is used; they end after 15 and 5 minutes
KINESIS_PAGE = 100  # records read at a time, at least
MAPPING_CONCURRENCY = (2, 1_000)
WAIT_S = 20
SESSION_LEFT_S = 1_200  # credentials with less than this left are renewed for a new sandbox

RUNTIMES = frozenset(
    (
        "nodejs18.x",
        "nodejs20.x",
        "nodejs22.x",
        "nodejs24.x",
        "python3.9",
        "python3.10",
        "python3.11",
        "python3.12",
        "python3.13",
        "python3.14",
        "java8.al2",
        "java11",
        "java17",
        "java21",
        "java25",
        "dotnet8",
        "dotnet10",
        "ruby3.2",
        "ruby3.3",
        "ruby3.4",
        "provided.al2",
        "provided.al2023",
    )
)
RESERVED_VARIABLES = frozenset(
    (
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    )
)
