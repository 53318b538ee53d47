"""How long AWS typically takes for what is not done at once: with `--aws-timing`, Skyjar takes as long, by the cloud's clock.

`due=call.now + durations.of(call, "dynamodb.CreateTable")`. The figures are ours, of the
order of what small resources take; AWS promises none.
"""

from __future__ import annotations

from .call import Call

TYPICAL_S = {
    "dax.CreateCluster": 600.0,
    "dax.DeleteCluster": 300.0,
    "dax.ModifyCluster": 300.0,
    "dax.RebootNode": 120.0,
    "dynamodb.CreateTable": 8.0,
    "dynamodb.UpdateTable": 10.0,
    "dynamodb.DeleteTable": 5.0,
    "dynamodb.CreateIndex": 300.0,
    "dynamodb.CreateReplica": 120.0,
    "dynamodb.CreateBackup": 5.0,
    "dynamodb.RestoreTable": 300.0,
    "dynamodb.ExportTable": 300.0,
    "dynamodb.ImportTable": 120.0,
    "dynamodb.KinesisDestination": 10.0,
    "dynamodb.ContributorInsights": 3.0,
    "kinesis.CreateStream": 10.0,
    "kinesis.DeleteStream": 10.0,
    "kinesis.UpdateStream": 10.0,
    "kinesis.Reshard": 30.0,
    "kinesis.RegisterConsumer": 5.0,
    "s3control.CreateMultiRegionAccessPoint": 300.0,
    "s3control.DeleteMultiRegionAccessPoint": 300.0,
    "s3control.PutMultiRegionAccessPointPolicy": 60.0,
    "service-quotas.Request": 300.0,
    "service-quotas.Case": 86_400.0,
}


def of(call: Call, what: str) -> float:
    """In seconds; nothing unless AWS's times are asked for."""
    return TYPICAL_S[what] if call.behaviour.has_aws_timing else 0.0
