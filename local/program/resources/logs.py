"""Makes log groups and alarms. Alarms are stored only: the embedded CloudWatch doesn't evaluate them as AWS does."""

from typing import Any

from local.program.resources.creation import Cloud, Created, Inputs, physical_name


def _log_group(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    group = physical_name(name, inputs)
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=group, retentionInDays=inputs["retentionInDays"])
    return group, {"arn": f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:{group}", "name": group}


def _metric_alarm(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    alarm_name = physical_name(name, inputs)
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=alarm_name,
        AlarmDescription=inputs.get("alarmDescription", ""),
        EvaluationPeriods=inputs["evaluationPeriods"],
        Threshold=inputs["threshold"],
        ComparisonOperator=inputs["comparisonOperator"],
        TreatMissingData=inputs["treatMissingData"],
        **_watched(inputs),
    )
    arn = f"arn:aws:cloudwatch:{cloud.region}:{cloud.account}:alarm:{alarm_name}"
    return alarm_name, {"arn": arn, "name": alarm_name}


def _watched(inputs: Inputs) -> dict[str, Any]:
    """Returns one metric, or a Metrics Insights query."""
    if "metricQueries" in inputs:
        return {
            "Metrics": [
                {"Id": query["id"], "Expression": query["expression"], "Period": query["period"], "ReturnData": True}
                for query in inputs["metricQueries"]
            ]
        }
    return {
        "Namespace": inputs["namespace"],
        "MetricName": inputs["metricName"],
        "Dimensions": [{"Name": key, "Value": value} for key, value in inputs["dimensions"].items()],
        "Statistic": inputs["statistic"],
        "Period": inputs["period"],
    }


CREATORS = {
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _metric_alarm,
}
