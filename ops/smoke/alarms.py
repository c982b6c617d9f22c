"""Every alarm that the stack has made is there, and none rings."""

from typing import Any

from ops.smoke.check import NotTried
from ops.smoke.scene import Scene
from ops.trouble.aws import AWS_TROUBLE, aws_trouble
from ops.trouble.trouble import Trouble

NAMES_PER_CALL = 100  # of DescribeAlarms


def alarms_are_there_and_quiet(scene: Scene) -> str:
    """Asks for each alarm by its name in the output `alarms`. One without data yet counts as quiet."""
    alarms: dict[str, str] = scene.stack.outputs.get("alarms", {})
    if not alarms:
        raise NotTried("the outputs name no alarms: `pulumi up` with this version adds them")
    found = _described(scene, sorted(alarms.values()))
    missing = sorted(logical for logical, name in alarms.items() if name not in found)
    if missing:
        raise Trouble(
            f"{len(missing)} of {len(alarms)} alarms are missing: {', '.join(missing)}",
            cause="somebody has deleted them, which Pulumi doesn't notice by itself",
            cure=f"Make them again: {scene.remake}",
        )
    ringing = sorted(logical for logical, name in alarms.items() if found[name]["StateValue"] == "ALARM")
    if ringing:
        first = found[alarms[ringing[0]]]
        raise Trouble(
            f"{len(ringing)} of {len(alarms)} alarms ring: {', '.join(ringing)}",
            cause=str(first.get("AlarmDescription") or "it has no description").rstrip("."),
            cure=f"docs/operations.md or docs/analyses.md, {ringing[0].partition('-alarms-')[2]}",
        )
    return f"all {len(alarms)} are there, none rings"


def _described(scene: Scene, names: list[str]) -> dict[str, dict[str, Any]]:
    client = scene.stack.client("cloudwatch")
    found: dict[str, dict[str, Any]] = {}
    try:
        for start in range(0, len(names), NAMES_PER_CALL):
            part = names[start : start + NAMES_PER_CALL]
            answer = client.describe_alarms(AlarmNames=part, AlarmTypes=["MetricAlarm"], MaxRecords=NAMES_PER_CALL)
            found |= {alarm["AlarmName"]: alarm for alarm in answer["MetricAlarms"]}
    except AWS_TROUBLE as error:
        raise aws_trouble("the alarms can't be looked up", error) from None
    return found
