"""Rights on CloudWatch alarms."""

from __future__ import annotations

from infra.rights.documents import Statement, allow


def look_at_alarms(alarm_arn: str) -> Statement:
    """Lets `ops smoke` see the alarms of the region. A narrower right is refused, whatever names are asked for.

    https://github.com/mattclay/aws-terminator/pull/63 and
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html
    """
    # AWS checks it against all alarms of account and region.
    return allow(["cloudwatch:DescribeAlarms"], f"{alarm_arn.rpartition(':')[0]}:*")
