"""What PutMetricAlarm refuses. Pure."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.errors import NotImplementedHere

from . import evaluation, limits, queries, statistics
from .errors import InvalidParameterCombinationException, InvalidParameterValueException, ValidationException
from .settings import period_of, periods_of
from .statistics import BadStatistic

_OF_METRIC = ("Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
SHORT_S = (10, 20, 30)


def check(settings: dict[str, Any]) -> None:
    for name in ("EvaluationPeriods", "ComparisonOperator"):
        if name not in settings:
            raise ValidationException(f"The parameter {name} is required.")
    if settings["ComparisonOperator"] not in evaluation.COMPARISONS or "ThresholdMetricId" in settings:
        raise NotImplementedHere("Skyjar does not implement alarms on anomaly detection bands in cloudwatch.")
    if "Threshold" not in settings:
        raise ValidationException("The parameter Threshold is required.")
    if "Metrics" in settings:
        _check_queries(settings)
    else:
        _check_metric(settings)
    for period_s in periods_of(settings):
        if period_s not in SHORT_S and period_s % limits.MINUTE_S:
            raise InvalidParameterValueException("Period must be 10, 20, 30, or a multiple of 60")
    _check_span(settings)
    treatment = settings.get("TreatMissingData", "missing")
    if treatment not in TREATMENTS:
        raise InvalidParameterValueException(
            f"The value {treatment} for parameter TreatMissingData is invalid: it must be one of {', '.join(TREATMENTS)}."
        )
    if settings.get("EvaluateLowSampleCountPercentile", "evaluate") not in ("evaluate", "ignore"):
        raise InvalidParameterValueException("EvaluateLowSampleCountPercentile must be evaluate or ignore.")
    if "EvaluateLowSampleCountPercentile" in settings and "ExtendedStatistic" not in settings:
        raise InvalidParameterCombinationException(
            "EvaluateLowSampleCountPercentile can only be specified with ExtendedStatistic."
        )


def _check_metric(settings: dict[str, Any]) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if name not in settings:
            raise ValidationException(f"The parameter {name} is required.")
    if ("Statistic" in settings) == ("ExtendedStatistic" in settings):
        raise InvalidParameterCombinationException("Exactly one of Statistic and ExtendedStatistic must be specified.")
    if "ExtendedStatistic" in settings:
        try:
            statistics.parse(settings["ExtendedStatistic"])
        except BadStatistic:
            raise InvalidParameterValueException(
                f"The value {settings['ExtendedStatistic']} for parameter ExtendedStatistic is not supported."
            ) from None


def _check_queries(settings: dict[str, Any]) -> None:
    both = [name for name in _OF_METRIC if name in settings]
    if both:
        raise ValidationException(f"Metrics list and {both[0]} cannot be specified at the same time.")
    given: list[dict[str, Any]] = settings["Metrics"]
    queries.check(given)
    returned = [query for query in given if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise ValidationException("Exactly one element of the metrics list should return data.")
    if sum("MetricStat" in query for query in given) > limits.ALARM_METRICS:
        raise ValidationException(f"An alarm can be based on at most {limits.ALARM_METRICS} metrics.")
    if any("SEARCH(" in query.get("Expression", "").upper() for query in given):
        raise ValidationException("SEARCH is not supported on Metric Alarms.")
    if not periods_of(settings):
        raise ValidationException("Period must not be null for an expression without metrics.")


def _check_span(settings: dict[str, Any]) -> None:
    periods = settings["EvaluationPeriods"]
    needed = settings.get("DatapointsToAlarm", periods)
    if needed > periods:
        raise ValidationException("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    period_s = period_of(settings)
    is_long = period_s >= limits.HOUR_S
    span_s = limits.ALARM_SPAN_S if is_long else limits.ALARM_SPAN_SHORT_S
    if periods * period_s > span_s:
        raise ValidationException(
            f"Metrics cannot be checked across more than {'a week' if is_long else 'a day'} "
            f"(EvaluationPeriods * Period must be <= {span_s})."
        )
