"""Alarms on metric math, and what an alarm tells of itself.

AWS: "PutMetricAlarm", "DescribeAlarms" and "AWS::CloudWatch::Alarm". ministack forgets
`Metrics` and how few samples are judged, and refuses them in a template.
"""

from __future__ import annotations

from typing import Any

_FORGOTTEN = ("Metrics", "EvaluateLowSampleCountPercentile", "ThresholdMetricId")
_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "Period", "Dimensions")


def mend(cloudwatch: Any, provisioners: Any) -> None:
    """Keep what is forgotten, for both ways in."""
    put, record = cloudwatch._put_metric_alarm, provisioners._cw_metric_alarm_record

    def put_alarm(params: Any, data: Any, *protocol: bool) -> Any:
        answer = put(params, data, *protocol)
        if answer[0] == 200 and isinstance(data, dict) and data:
            _keep(cloudwatch._alarms[data["AlarmName"]], data)
        return answer

    def alarm_of_template(name: str, props: dict[str, Any]) -> dict[str, Any]:
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        if props.get("Metrics"):
            plain |= {"MetricName": "-", "Namespace": "-"}
        return _keep(record(name, plain), props)

    cloudwatch._put_metric_alarm = put_alarm
    provisioners._cw_metric_alarm_record = alarm_of_template


def _keep(alarm: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    alarm |= {name: told[name] for name in _FORGOTTEN if told.get(name)}
    if alarm.get("Metrics"):
        for name in _OF_ONE_METRIC:
            alarm.pop(name, None)
    for name in [name for name, value in alarm.items() if value is None]:
        del alarm[name]
    return alarm
