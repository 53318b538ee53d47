"""Quotas and defaults. Source: Application Auto Scaling User Guide, "Quotas for Application Auto Scaling", "Target tracking
scaling policies", "Define cooldown periods"; API reference.
"""

QUOTAS = {
    "dynamodb-targets": (5_000, "Scalable targets of DynamoDB in an account and Region"),
    "lambda-targets": (500, "Scalable targets of Lambda in an account and Region"),
    "policies": (50, "Scaling policies of a scalable target"),
    "scheduled-actions": (200, "Scheduled actions of a scalable target"),
    "step-adjustments": (20, "Step adjustments of a scaling policy"),
}
RESULTS = 50
TAGS = 50
ACTIVITY_S = 6 * 7 * 86_400  # how long activities are kept
# What may be the target of a predefined metric: percent of DynamoDB's units, a share of Lambda's concurrency.
UTILIZATION = {"dynamodb": (20.0, 90.0), "lambda": (0.1, 0.9)}
STEP_COOLDOWN_S = 300
AGAIN_S = 60.0  # an alarm that stays has its action once a minute
AWAITED_S = 3_600.0  # our own: how long an alarm that was set by hand is looked at before its metric tells anything
FULFILLED_S = 5.0  # our own: how often a change that takes its time is looked at

# Alarms of target tracking on DynamoDB's use: (minutes above, minutes below). Those of everything else: likewise.
DYNAMODB_MINUTES = (2, 15)
OTHER_MINUTES = (3, 15)
POINTS_BELOW = 20.0  # how far below its target use must be before capacity is taken away, in points of a hundred
SHARE_BELOW = 0.9  # the same for other metrics, as a share of the target
CAPACITY_PERIODS = 3  # periods of five minutes
CAPACITY_PERIOD_S = 300
