"""Rights on functions and mappings, and those that Lambda itself needs for a function."""

from __future__ import annotations

from infra.rights.documents import Statement, allow


def invoke_function(function_arn: str) -> Statement:
    """Allows to invoke one function."""
    return allow(["lambda:InvokeFunction"], function_arn)


def look_at_mapping(mapping_arn: str) -> Statement:
    """Lets `ops backfill` see whether a mapping is on, because it refuses to begin where one is off.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
    """
    return allow(["lambda:GetEventSourceMapping"], mapping_arn)


def write_logs(log_group_arn: str) -> Statement:
    """Allows streams and events of one existing group. Without CreateLogGroup a destroyed group stays destroyed."""
    # The suffix names the group's own log streams, whose names Lambda chooses.
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:log-stream:*")


def report_to(destination_arn: str) -> Statement:
    """Allows a function's role what Lambda needs to report how an asynchronous invocation ended.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    service = destination_arn.split(":")[2]
    action = {
        "sqs": "sqs:SendMessage",
        "sns": "sns:Publish",
        "events": "events:PutEvents",
        "lambda": "lambda:InvokeFunction",
    }
    return allow([action[service]], destination_arn)


def mount_file_system(access_point_arn: str) -> Statement:
    """Allows to read and write through one EFS access point. Its ARN doesn't name its file system.

    https://docs.aws.amazon.com/efs/latest/ug/access-points-iam-policy.html
    """
    any_file_system = access_point_arn.partition(":access-point/")[0] + ":file-system/*"
    return {
        **allow(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], any_file_system),
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}},
    }


def attach_to_network() -> list[Statement]:
    """Allows Lambda to put a function into a VPC, and denies the same to the function's own code.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    # Describe actions have no resource level, and Lambda checks the others against `*` when it creates the function.
    actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ]
    # The key is present only in calls that code inside a function makes.
    inside_a_function = {"Null": {"lambda:SourceFunctionArn": "false"}}
    return [
        allow(actions, "*"),
        {"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": inside_a_function},
    ]
