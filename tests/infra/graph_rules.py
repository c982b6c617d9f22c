"""The house rules as plain checks over a recorded graph; each returns what violates it, in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from tests.infra.deployment import COMPONENT_PREFIX, Deployment, Registration
from tests.infra.policy_rules import no_allowed_wildcards

FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
INVOCATION = "aws:lambda/invocation:Invocation"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
BUCKET = "aws:s3/bucket:Bucket"
IMAGE = "docker-build:index:Image"
REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
TABLE = "aws:dynamodb/table:Table"
DESTINATION = "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination"
STREAM = "aws:kinesis/stream:Stream"
COLLECTION = "aws:opensearch/serverlessCollection:ServerlessCollection"
SECURITY_POLICY = "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy"
ACCESS_POLICY = "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
METHOD = "aws:apigateway/method:Method"
INTEGRATION = "aws:apigateway/integration:Integration"
METHOD_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"

Rule = Callable[[Deployment], list[str]]


def components_own_every_resource(graph: Deployment) -> list[str]:
    """Resources are children of components; only the provider and the top components belong to the stack."""
    known = graph.by_urn()
    return [
        f"{entry.name} ({entry.type}) has no component for a parent"
        for entry in graph.registrations
        if entry.custom
        and not entry.type.startswith("pulumi:providers:")
        and not (entry.parent in known and known[entry.parent].type.startswith(COMPONENT_PREFIX))
    ]


def components_register_their_outputs(graph: Deployment) -> list[str]:
    """`register_outputs` is the last line of each component."""
    return [
        f"{entry.name} ({entry.type}) never registers outputs"
        for entry in graph.registrations
        if not entry.custom and entry.urn not in graph.registered_outputs
    ]


def aws_resources_use_the_stacks_provider(graph: Deployment) -> list[str]:
    """One provider holds region, tags and endpoints."""
    return [
        f"{entry.name} ({entry.type}) uses provider {entry.provider or 'by default'}"
        for entry in graph.registrations
        if entry.type.startswith("aws:") and "pulumi:providers:aws::aws::" not in entry.provider
    ]


def mappings_never_block_or_lose(graph: Deployment) -> list[str]:
    """Every option explicit: a bad record neither blocks its shard nor vanishes."""
    found = []
    for entry in graph.all(MAPPING):
        expected = {
            "enabled": True,
            "startingPosition": "TRIM_HORIZON",
            "bisectBatchOnFunctionError": True,
            "functionResponseTypes": ["ReportBatchItemFailures"],
        }
        found += [f"{entry.name}: {key} isn't {value}" for key, value in expected.items() if entry.inputs.get(key) != value]
        finite = {
            "maximumRetryAttempts": 0,
            "maximumRecordAgeInSeconds": 60,
            "parallelizationFactor": 1,
            "batchSize": 1,
            "maximumBatchingWindowInSeconds": 0,
        }
        found += [
            f"{entry.name}: {key} isn't a number from {lowest}"
            for key, lowest in finite.items()
            if not entry.inputs.get(key, -1) >= lowest
        ]
        if not entry.inputs.get("destinationConfig", {}).get("onFailure", {}).get("destinationArn"):
            found.append(f"{entry.name} has no failure destination")
        if not entry.delete_before_replace:
            found.append(f"{entry.name} isn't deleted before it is replaced")
    return found


def mappings_wait_for_rights_and_index(graph: Deployment) -> list[str]:
    """Policies aren't in the implicit graph; an index made by the first write would have guessed mappings."""
    known = graph.by_urn()
    found = []
    for entry in graph.all(MAPPING):
        direct = {known[urn].type for urn in entry.dependencies if urn in known}
        far = {known[urn].type for urn in graph.upstream(entry) if urn in known}
        found += [f"{entry.name} doesn't depend on {need}" for need in (ROLE_POLICY, ACCESS_POLICY) if need not in direct]
        if INVOCATION not in far:
            found.append(f"{entry.name} doesn't wait for its index")
    return found


def tables_streams_have_two_readers_at_most(graph: Deployment) -> list[str]:
    """More than two readers of a table's shard are throttled."""
    readers = Counter(
        entry.inputs["eventSourceArn"]
        for entry in graph.all(MAPPING)
        if "/stream/" in str(entry.inputs.get("eventSourceArn"))
    )
    return [f"{arn} has {count} readers" for arn, count in readers.items() if count > 2]


def images_suit_lambda(graph: Deployment) -> list[str]:
    """One platform, no attestation, kept when replaced, rebuilt only for a change of its own files."""
    found = []
    for entry in graph.all(IMAGE):
        inputs = entry.inputs
        if len(inputs.get("platforms", [])) != 1:
            found.append(f"{entry.name} isn't for exactly one platform")
        found += [f"{entry.name} sets {key}" for key in ("exec", "pull", "noCache", "buildArgs", "labels") if key in inputs]
        if inputs.get("push") is not True:
            found.append(f"{entry.name} isn't pushed")
        if not entry.retain_on_delete:
            found.append(f"{entry.name} would take its digest with it")
        if any(str(path).startswith(("/", "~", "..")) for path in _paths(inputs)):
            found.append(f"{entry.name} has a path that differs between machines")
        if not isinstance(inputs.get("tags"), list):
            found.append(f"{entry.name}: tags must be a list, not an output of one")
        if not all(cache["registry"].get("imageManifest") for cache in inputs.get("cacheTo", [])):
            found.append(f"{entry.name} caches in a form that ECR refuses")
    return found


def functions_and_images_have_one_architecture(graph: Deployment) -> list[str]:
    """Both come from one setting."""
    architectures = {arch for entry in graph.all(FUNCTION) for arch in entry.inputs["architectures"]}
    platforms = {platform for entry in graph.all(IMAGE) for platform in entry.inputs["platforms"]}
    matching = {"linux/arm64": "arm64", "linux/amd64": "x86_64"}
    return [
        f"images for {platform}, functions on {sorted(architectures)}"
        for platform in platforms
        if {matching.get(platform)} != architectures
    ]


def functions_run_digests_with_their_own_role_and_log(graph: Deployment) -> list[str]:
    """By digest alone; log group first, with retention; policy before function; a role each."""
    known = graph.by_urn()
    groups = {entry.inputs.get("name"): entry for entry in graph.all(LOG_GROUP)}
    found = []
    for entry in graph.all(FUNCTION):
        if not re.fullmatch(r"[^@:]+@sha256:[0-9a-f]{64}", str(entry.inputs.get("imageUri"))):
            found.append(f"{entry.name} isn't run by digest alone")
        group = groups.get(entry.inputs.get("loggingConfig", {}).get("logGroup"))
        if group is None or group.urn not in graph.upstream(entry):
            found.append(f"{entry.name} has no log group made before it")
        if not any(known[urn].type == ROLE_POLICY for urn in entry.dependencies if urn in known):
            found.append(f"{entry.name} doesn't wait for its role's policy")
    roles = Counter(entry.inputs.get("role") for entry in graph.all(FUNCTION))
    return found + [f"role {role} is shared by {count} functions" for role, count in roles.items() if count > 1]


def log_groups_forget(graph: Deployment) -> list[str]:
    """No log is kept for ever."""
    return [
        f"{entry.name} keeps logs for ever"
        for entry in graph.all(LOG_GROUP)
        if not entry.inputs.get("retentionInDays", 0) > 0
    ]


def repositories_keep_what_runs(graph: Deployment) -> list[str]:
    """Immutable tags but for the two that only point; images go by count, never by age."""
    found = []
    for entry in graph.all(REPOSITORY):
        if entry.inputs.get("imageTagMutability") != "IMMUTABLE_WITH_EXCLUSION":
            found.append(f"{entry.name} has movable tags")
        excluded = [item["filter"] for item in entry.inputs.get("imageTagMutabilityExclusionFilters", [])]
        if "cache*" not in excluded or "*" in excluded:
            found.append(f"{entry.name} excludes {excluded} from immutability")
        if not entry.inputs.get("encryptionConfigurations"):
            found.append(f"{entry.name} isn't encrypted explicitly")
    found += [
        f"{entry.name} expires images by age"
        for entry in graph.all(LIFECYCLE)
        if "sinceImagePushed" in entry.inputs["policy"] or "imageCountMoreThan" not in entry.inputs["policy"]
    ]
    return found


def data_is_protected(graph: Deployment) -> list[str]:
    """Whatever holds data, and the destination whose replacement would lose events."""
    return [
        f"{entry.name} ({type_}) isn't protected"
        for type_ in (TABLE, DESTINATION, STREAM, COLLECTION, BUCKET)
        for entry in graph.all(type_)
        if not entry.protect
    ]


def changes_carry_microseconds(graph: Deployment) -> list[str]:
    """The table's stream has new images, the destination times that don't tie."""
    found = [
        f"{entry.name} has no stream of new images"
        for entry in graph.all(TABLE)
        if entry.inputs.get("streamViewType") != "NEW_IMAGE" or not entry.inputs.get("streamEnabled")
    ]
    return found + [
        f"{entry.name} isn't precise to the microsecond"
        for entry in graph.all(DESTINATION)
        if entry.inputs.get("approximateCreationDateTimePrecision") != "MICROSECOND"
    ]


def collections_take_own_ids(graph: Deployment) -> list[str]:
    """Type SEARCH, after its policies, names that the service takes."""
    known = graph.by_urn()
    found = []
    for entry in graph.all(COLLECTION):
        if entry.inputs.get("type") != "SEARCH":
            found.append(f"{entry.name} isn't of type SEARCH")
        before = {known[urn].inputs.get("type") for urn in entry.dependencies if urn in known}
        found += [f"{entry.name} isn't after its {kind} policy" for kind in ("encryption", "network") if kind not in before]
    found += [
        f"{entry.name}: {entry.inputs.get('name')!r} isn't a name of 3 to 32 characters"
        for type_ in (COLLECTION, SECURITY_POLICY, ACCESS_POLICY)
        for entry in graph.all(type_)
        if not re.fullmatch(r"[a-z][a-z0-9-]{2,31}", str(entry.inputs.get("name")))
    ]
    return found


def queues_are_closed_and_patient(graph: Deployment) -> list[str]:
    """Encrypted, TLS only, 14 days, whole records fit."""
    secured = {entry.inputs.get("queueUrl") for entry in graph.all(QUEUE_POLICY) if _denies_plain_text(entry)}
    found = []
    for entry in graph.all(QUEUE):
        expected = {"sqsManagedSseEnabled": True, "messageRetentionSeconds": 1209600, "maxMessageSize": 1048576}
        found += [f"{entry.name}: {key} isn't {value}" for key, value in expected.items() if entry.inputs.get(key) != value]
        if not any(str(url).endswith(f"/{entry.inputs.get('name')}") for url in secured):
            found.append(f"{entry.name} takes unencrypted calls")
    return found


def buckets_are_closed(graph: Deployment) -> list[str]:
    """Private, encrypted, TLS only, forgetting."""
    found = []
    for entry in graph.all(BUCKET):
        beside = {other.type.split(":")[-1]: other for other in graph.registrations if other.parent == entry.parent}
        for need in ("BucketServerSideEncryptionConfiguration", "BucketLifecycleConfiguration", "BucketOwnershipControls"):
            if need not in beside:
                found.append(f"{entry.name} has no {need}")
        block = beside.get("BucketPublicAccessBlock")
        if block is None or [value for key, value in block.inputs.items() if key != "bucket"] != [True] * 4:
            found.append(f"{entry.name} isn't closed to the public")
        if "BucketPolicy" not in beside or not _denies_plain_text(beside["BucketPolicy"]):
            found.append(f"{entry.name} takes unencrypted calls")
    return found


def alarms_know_silence(graph: Deployment) -> list[str]:
    """Missing data is decided, not left to CloudWatch's default."""
    return [f"{entry.name} doesn't say" for entry in graph.all(ALARM) if entry.inputs.get("treatMissingData") is None]


def consumers_have_their_alarms(graph: Deployment) -> list[str]:
    """Age, errors, throttles, dead letters, and both ways in which Lambda gives records up."""
    needed = {
        "IteratorAge",
        "Errors",
        "Throttles",
        "ApproximateNumberOfMessagesVisible",
        "OnFailureDestinationDeliveredEventCount",
        "DroppedEventCount",
    }
    metrics = Counter(entry.inputs.get("metricName") for entry in graph.all(ALARM))
    consumers = len(graph.all(MAPPING))
    return [f"{metric}: {metrics[metric]} alarms for {consumers} consumers" for metric in sorted(needed) if metrics[metric] < consumers]


def deployments_hold_what_is_served(graph: Deployment) -> list[str]:
    """A deployment waits for every method and integration, and is made again when they change."""
    found = []
    for entry in graph.all(DEPLOYMENT):
        upstream = graph.upstream(entry)
        found += [
            f"{entry.name} doesn't wait for {part.name}"
            for type_ in (METHOD, INTEGRATION)
            for part in graph.all(type_)
            if part.urn not in upstream
        ]
        if not entry.inputs.get("triggers", {}).get("routes"):
            found.append(f"{entry.name} isn't made again when routes change")
    return found


def every_method_is_authorised(graph: Deployment) -> list[str]:
    """Signed, or with a key."""
    return [
        f"{entry.name} is open to everybody"
        for entry in graph.all(METHOD)
        if entry.inputs.get("authorization") != "AWS_IAM" and entry.inputs.get("apiKeyRequired") is not True
    ]


def api_logs_hold_no_content(graph: Deployment) -> list[str]:
    """No execution log, no data trace, no path or query string in the access log; throttled."""
    found = []
    for entry in graph.all(METHOD_SETTINGS):
        settings = entry.inputs["settings"]
        if settings.get("dataTraceEnabled") is not False or settings.get("loggingLevel") != "OFF":
            found.append(f"{entry.name} logs requests")
        if not settings.get("throttlingRateLimit", -1) > 0 or not settings.get("throttlingBurstLimit", -1) > 0:
            found.append(f"{entry.name} doesn't throttle")
    for entry in graph.all("aws:apigateway/stage:Stage"):
        log = entry.inputs.get("accessLogSettings", {}).get("format", "")
        if not log or re.search(r"\$context\.(path|identity\.sourceIp|requestOverride)\b|\$input|querystring", log):
            found.append(f"{entry.name} has no access log, or one with content")
    return found


def _paths(inputs: dict[str, object]) -> list[object]:
    context, dockerfile = inputs.get("context"), inputs.get("dockerfile")
    return [part["location"] for part in (context, dockerfile) if isinstance(part, dict) and "location" in part]


def _denies_plain_text(entry: Registration) -> bool:
    policy = str(entry.inputs.get("policy"))
    return '"Effect": "Deny"' in policy and '"aws:SecureTransport": "false"' in policy


RULES: tuple[Rule, ...] = (
    components_own_every_resource,
    components_register_their_outputs,
    aws_resources_use_the_stacks_provider,
    mappings_never_block_or_lose,
    mappings_wait_for_rights_and_index,
    tables_streams_have_two_readers_at_most,
    images_suit_lambda,
    functions_and_images_have_one_architecture,
    functions_run_digests_with_their_own_role_and_log,
    log_groups_forget,
    repositories_keep_what_runs,
    data_is_protected,
    changes_carry_microseconds,
    collections_take_own_ids,
    queues_are_closed_and_patient,
    buckets_are_closed,
    alarms_know_silence,
    consumers_have_their_alarms,
    deployments_hold_what_is_served,
    every_method_is_authorised,
    api_logs_hold_no_content,
    no_allowed_wildcards,
)
