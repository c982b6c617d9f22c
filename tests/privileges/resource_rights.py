"""What resources say themselves: who takes a role, who invokes a function, and that nobody calls without TLS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from tests.privileges.api_flows import LISTED, STATUS
from tests.privileges.flow import Flow, Reached
from tests.privileges.rig import Rig

NOBODY = "ec2.amazonaws.com"
"""A service that no role of ours is for."""
STRANGER = "stranger"
"""A role that may do everything with queues and buckets, so that only a resource's own policy can refuse it."""
STRANGERS_NAME = f"arn:aws:iam::000000000000:role/{STRANGER}"


@dataclass(frozen=True, kw_only=True)
class ResourceRight:
    """A statement of a resource's own policy. `kept` is the whole policy."""

    holder: str
    action: str
    on: str
    refused_as: str
    kept: dict[str, Any] = field(repr=False, hash=False)

    def take(self, rig: Rig) -> None:
        """Takes it away."""
        trust = json.loads(json.dumps(self.kept).replace(self.on, NOBODY))
        rig.root("iam").update_assume_role_policy(RoleName=self.holder, PolicyDocument=json.dumps(trust))

    def give_back(self, rig: Rig) -> None:
        """Gives it back."""
        rig.root("iam").update_assume_role_policy(RoleName=self.holder, PolicyDocument=json.dumps(self.kept))


@dataclass(frozen=True, kw_only=True)
class InvocationRight(ResourceRight):
    """The gateway's right to invoke a function."""

    def take(self, rig: Rig) -> None:
        rig.root("lambda").remove_permission(FunctionName=self.holder, StatementId=self.kept["Sid"])

    def give_back(self, rig: Rig) -> None:
        rig.root("lambda").add_permission(
            FunctionName=self.holder, StatementId=self.kept["Sid"], Action=self.kept["Action"],
            Principal=self.kept["Principal"]["Service"],
            SourceArn=next(iter(self.kept["Condition"]["ArnLike"].values())),
        )  # fmt: skip


def trusts(rig: Rig) -> Iterator[tuple[ResourceRight, Flow]]:
    """Yields each role of a service, with a flow that takes it as that service does."""
    for role in rig.root("iam").list_roles()["Roles"]:
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        service = statement["Principal"].get("Service")
        if service is None:
            continue
        source = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceArn")
        who = {"service": service, **({"source_arn": source} if source else {})}
        right = ResourceRight(
            holder=role["RoleName"], action="sts:AssumeRole", on=service, refused_as=service,
            kept=role["AssumeRolePolicyDocument"],
        )  # fmt: skip
        yield right, Flow(goal=f"{service} takes the role", begin=partial(_takes, role["Arn"], who))


def invocations(rig: Rig) -> Iterator[tuple[ResourceRight, Flow]]:
    """Yields what lets the gateway invoke a function."""
    flows = {"table-api": LISTED, "scilearn-status": STATUS}
    for function, flow in flows.items():
        policy = json.loads(rig.root("lambda").get_policy(FunctionName=function)["Policy"])
        for statement in policy["Statement"]:
            service = statement["Principal"]["Service"]
            right = InvocationRight(
                holder=function, action="lambda:InvokeFunction", on=service, refused_as=service, kept=statement
            )
            yield right, flow


def _takes(role_arn: str, who: dict[str, str], rig: Rig) -> Reached:
    try:
        rig.role(role_arn, **who).client("sts").get_caller_identity()
    except ClientError:
        return lambda: False
    return lambda: True


def plain_text(rig: Rig) -> dict[str, bool]:
    """Returns each queue and bucket, and whether its policy alone refuses a call without TLS.

    The call is a stranger's who may do everything. It is allowed once the policy is away, and with TLS.
    """
    _make_stranger(rig)
    found = {}
    for url in rig.root("sqs").list_queues()["QueueUrls"]:
        sqs = rig.root("sqs")
        policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
        keep, drop = (partial(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": p}) for p in (policy, ""))
        ask = partial(_asks_queue, rig, url)
        found[f"queue {url.rpartition('/')[2]}"] = _only_the_policy_refuses(ask, keep, drop)
    bucket = rig.outputs["analysis_results_bucket"]
    s3 = rig.root("s3")
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    keep, drop = (
        partial(s3.put_bucket_policy, Bucket=bucket, Policy=policy),
        partial(s3.delete_bucket_policy, Bucket=bucket),
    )
    found[f"bucket {bucket}"] = _only_the_policy_refuses(partial(_asks_bucket, rig, bucket), keep, drop)
    return found


def _only_the_policy_refuses(ask: Any, keep: Any, drop: Any) -> bool:
    refused, with_tls = not ask(tls=False), ask(tls=True)
    drop()
    try:
        without_policy = ask(tls=False)
    finally:
        keep()
    return bool(refused and with_tls and without_policy)


def _make_stranger(rig: Rig) -> None:
    iam = rig.root("iam")
    people = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": ["sqs:*", "s3:*"], "Resource": "*"}
    if STRANGER not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName=STRANGER, AssumeRolePolicyDocument=json.dumps({"Statement": [people]}))
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_role_policy(RoleName=STRANGER, PolicyName="everything", PolicyDocument=document)


def _asks_queue(rig: Rig, url: str, *, tls: bool) -> bool:
    client = _stranger(rig, "sqs", tls)
    return _is_answered(partial(client.get_queue_attributes, QueueUrl=url, AttributeNames=["QueueArn"]))


def _asks_bucket(rig: Rig, bucket: str, *, tls: bool) -> bool:
    return _is_answered(partial(_stranger(rig, "s3", tls).list_objects_v2, Bucket=bucket))


def _stranger(rig: Rig, service: str, tls: bool) -> Any:
    client = rig.role(STRANGERS_NAME).client(service)
    if not tls:
        client.meta.events.register(f"before-send.{service}", _say_plain)
    return client


def _say_plain(request: Any, **_: Any) -> None:
    request.headers["X-Forwarded-Proto"] = "http"


def _is_answered(call: Any) -> bool:
    try:
        call()
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"]["Code"]:
            raise
        return False
    return True
