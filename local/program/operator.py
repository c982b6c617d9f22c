"""Makes the operators' role of the local stack, as an account's administrator does on AWS: the program has only its
policy."""

import json

from local.program.resources.creation import Cloud

NAME = "operator"
"""The role that `operators` in Pulumi.local.yaml names."""


def make_operator(cloud: Cloud) -> dict[str, str]:
    """Makes a role that the account's people may take, with the program's policy. Returns its output; none without."""
    policy_arn = cloud.exports.get("operator_policy_arn")
    if policy_arn is None:
        return {}
    people = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [people]})
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trust)["Role"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=policy_arn)
    return {"operator_role_arn": role["Arn"]}
