"""What must hold for images, functions, queues and buckets, whoever uses them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from tests.infra import resource_types as types
from tests.infra.deployment import ROOT, Deployment, Registration

CONTEXT = "./images"
BUILD_ARGUMENTS = {"BASE_IMAGE", "EXTENSIONS_IMAGE"}


def images_suit_lambda(graph: Deployment) -> list[str]:
    """One platform, no attestation, pushed by an update alone, kept when replaced."""
    found = []
    for entry in graph.all(types.IMAGE):
        inputs = entry.inputs
        if len(inputs.get("platforms", [])) != 1:
            found.append(f"{entry.name} isn't for exactly one platform")
        if "exec" in inputs:
            found.append(f"{entry.name} is built by a client whose attestation Lambda refuses")
        if inputs.get("push") is not True:
            found.append(f"{entry.name} isn't pushed")
        if inputs.get("buildOnPreview") is not False:
            found.append(f"{entry.name} is built, and its cache pushed, by whoever only looks")
        if not entry.retain_on_delete:
            found.append(f"{entry.name} would take its digest with it")
        if "registries" not in entry.secret_inputs:
            found.append(f"{entry.name} shows the registry's password")
    return found


def images_are_rebuilt_for_their_own_files_only(graph: Deployment) -> list[str]:
    """Nothing in the inputs differs between machines, commits or runs; the one context, a Dockerfile per folder."""
    found = []
    for entry in graph.all(types.IMAGE):
        inputs = entry.inputs
        found += [
            f"{entry.name} sets {key}" for key in ("pull", "noCache", "labels", "secrets", "ssh") if key in inputs
        ]
        unknown = set(inputs.get("buildArgs", {})) - BUILD_ARGUMENTS
        found += [f"{entry.name} has a build argument {name}" for name in sorted(unknown)]
        context, dockerfile = (inputs.get(key, {}).get("location") for key in ("context", "dockerfile"))
        if context != CONTEXT:
            found.append(f"{entry.name} has a context of its own: {context}")
        if not _is_dockerfile_of_a_folder(str(dockerfile)):
            found.append(f"{entry.name}: {dockerfile} isn't ./images/FOLDER/Dockerfile with its .dockerignore")
        if inputs.get("tags") != [f"{_repository_url(graph, entry)}:newest"]:
            found.append(f"{entry.name}: tags must be a list of one that never changes, in its own repository")
    return found


def images_cache_in_their_own_repository(graph: Deployment) -> list[str]:
    """In the only form that ECR takes.

    https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/
    """
    found = []
    for entry in graph.all(types.IMAGE):
        cache = f"{_repository_url(graph, entry)}:cache"
        read = [each["registry"]["ref"] for each in entry.inputs.get("cacheFrom", [])]
        written = [each["registry"] for each in entry.inputs.get("cacheTo", [])]
        if read != [cache] or [each.get("ref") for each in written] != [cache]:
            found.append(f"{entry.name} doesn't read and write the cache {cache}")
        if not all(each.get("imageManifest") is True and each.get("ociMediaTypes") is True for each in written):
            found.append(f"{entry.name} caches in a form that ECR refuses")
    return found


def functions_and_images_have_one_architecture(graph: Deployment) -> list[str]:
    """Both come from one setting."""
    architectures = {arch for entry in graph.all(types.FUNCTION) for arch in entry.inputs["architectures"]}
    platforms = {platform for entry in graph.all(types.IMAGE) for platform in entry.inputs["platforms"]}
    matching = {"linux/arm64": "arm64", "linux/amd64": "x86_64"}
    return [
        f"images for {platform}, functions on {sorted(architectures)}"
        for platform in platforms
        if {matching.get(platform)} != architectures
    ]


def functions_run_images_of_this_stacks_repositories(graph: Deployment) -> list[str]:
    """Lambda pulls from ECR alone, and a repository that the stack doesn't keep may lose the digest."""
    urls = set(_repository_urls(graph).values())
    return [
        f"{entry.name} runs {entry.inputs.get('imageUri')}"
        for entry in graph.all(types.FUNCTION)
        if str(entry.inputs.get("imageUri")).partition("@")[0] not in urls
    ]


def lambda_may_pull_before_it_has_to(graph: Deployment) -> list[str]:
    """Each repository lets Lambda in, for functions of its account alone, and functions wait for that."""
    rights = {entry.inputs["repository"]: entry for entry in graph.all(types.PULLING)}
    found = []
    for entry in graph.all(types.REPOSITORY):
        right = rights.get(entry.inputs["name"])
        [statement] = _policy(right)["Statement"] if right else [{}]
        source = statement.get("Condition", {}).get("StringLike", {}).get("aws:SourceArn", "")
        if statement.get("Principal") != {"Service": "lambda.amazonaws.com"}:
            found.append(f"{entry.name} doesn't let Lambda pull")
        if source.split(":")[3:6] != [*entry.outputs["arn"].split(":")[3:5], "function"]:
            found.append(f"{entry.name} lets functions of any account pull: {source}")
        if set(statement.get("Action", [])) != {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}:
            found.append(f"{entry.name} allows more than a pull, or less")
        found += [
            f"{function.name} doesn't wait for the right to pull from {entry.name}"
            for function in graph.all(types.FUNCTION)
            if str(function.inputs["imageUri"]).startswith(f"{entry.outputs['repositoryUrl']}@")
            and (right is None or right.urn not in graph.upstream(function))
        ]
    return found


def functions_run_digests_with_their_own_role_and_log(graph: Deployment) -> list[str]:
    """By digest alone; log group first, with retention; policy before function; a role each."""
    known = graph.by_urn()
    groups = {entry.inputs.get("name"): entry for entry in graph.all(types.LOG_GROUP)}
    found = []
    for entry in graph.all(types.FUNCTION):
        if not re.fullmatch(r"[^@:]+@sha256:[0-9a-f]{64}", str(entry.inputs.get("imageUri"))):
            found.append(f"{entry.name} isn't run by digest alone")
        group = groups.get(entry.inputs.get("loggingConfig", {}).get("logGroup"))
        if group is None or group.urn not in graph.upstream(entry):
            found.append(f"{entry.name} has no log group made before it")
        if not any(known[urn].type == types.ROLE_POLICY for urn in entry.dependencies if urn in known):
            found.append(f"{entry.name} doesn't wait for its role's policy")
    roles = Counter(entry.inputs.get("role") for entry in graph.all(types.FUNCTION))
    return found + [f"role {role} is shared by {count} functions" for role, count in roles.items() if count > 1]


def log_groups_forget(graph: Deployment) -> list[str]:
    """No log is kept for ever."""
    return [
        f"{entry.name} keeps logs for ever"
        for entry in graph.all(types.LOG_GROUP)
        if not entry.inputs.get("retentionInDays", 0) > 0
    ]


def repositories_keep_what_runs(graph: Deployment) -> list[str]:
    """Immutable tags but for the two that only point; untagged images go by count, never by age."""
    found = []
    for entry in graph.all(types.REPOSITORY):
        if entry.inputs.get("imageTagMutability") != "IMMUTABLE_WITH_EXCLUSION":
            found.append(f"{entry.name} has movable tags")
        excluded = [item["filter"] for item in entry.inputs.get("imageTagMutabilityExclusionFilters", [])]
        if excluded != ["cache*", "newest*"]:
            found.append(f"{entry.name} excludes {excluded} from immutability")
        if not entry.inputs.get("encryptionConfigurations"):
            found.append(f"{entry.name} isn't encrypted explicitly")
        if entry.inputs["name"] not in [policy.inputs["repository"] for policy in graph.all(types.LIFECYCLE)]:
            found.append(f"{entry.name} grows for ever")
    for entry in graph.all(types.LIFECYCLE):
        selections = [rule["selection"] for rule in _policy(entry)["rules"]]
        if {each["countType"] for each in selections} != {"imageCountMoreThan"}:
            found.append(f"{entry.name} expires images by age")
        if {each["tagStatus"] for each in selections} != {"untagged"}:
            found.append(f"{entry.name} expires images that CI has tagged")
    return found


def queues_are_closed_and_patient(graph: Deployment) -> list[str]:
    """Encrypted, TLS only; 14 days and whole records fit, but for a queue that has a dead-letter queue behind it."""
    secured = {entry.inputs.get("queueUrl") for entry in graph.all(types.QUEUE_POLICY) if _denies_plain_text(entry)}
    found = []
    for entry in graph.all(types.QUEUE):
        expected: dict[str, object] = {"sqsManagedSseEnabled": True}
        if "redrivePolicy" not in entry.inputs:
            expected |= {"messageRetentionSeconds": 1209600, "maxMessageSize": 1048576}
        found += [
            f"{entry.name}: {key} isn't {value}" for key, value in expected.items() if entry.inputs.get(key) != value
        ]
        if not any(str(url).endswith(f"/{entry.inputs.get('name')}") for url in secured):
            found.append(f"{entry.name} takes unencrypted calls")
    return found


def buckets_are_closed(graph: Deployment) -> list[str]:
    """Private, encrypted, TLS only, forgetting."""
    found = []
    for entry in graph.all(types.BUCKET):
        beside = {other.type.split(":")[-1]: other for other in graph.registrations if other.parent == entry.parent}
        needed = (
            "BucketServerSideEncryptionConfiguration",
            "BucketLifecycleConfiguration",
            "BucketOwnershipControls",
        )
        found += [f"{entry.name} has no {need}" for need in needed if need not in beside]
        block = beside.get("BucketPublicAccessBlock")
        if block is None or [value for key, value in block.inputs.items() if key != "bucket"] != [True] * 4:
            found.append(f"{entry.name} isn't closed to the public")
        if "BucketPolicy" not in beside or not _denies_plain_text(beside["BucketPolicy"]):
            found.append(f"{entry.name} takes unencrypted calls")
    return found


def _denies_plain_text(entry: Registration) -> bool:
    policy = str(entry.inputs.get("policy"))
    return '"Effect": "Deny"' in policy and '"aws:SecureTransport": "false"' in policy


def _is_dockerfile_of_a_folder(location: str) -> bool:
    path = Path(location)
    shape = path.name == "Dockerfile" and path.parent.parent == Path(CONTEXT) and location.startswith(f"{CONTEXT}/")
    return shape and (ROOT / path).is_file() and (ROOT / path).with_name("Dockerfile.dockerignore").is_file()


def _repository_urls(graph: Deployment) -> dict[str, str]:
    """By the URN of the component that owns the repository."""
    return {entry.parent: str(entry.outputs["repositoryUrl"]) for entry in graph.all(types.REPOSITORY)}


def _repository_url(graph: Deployment, image: Registration) -> str | None:
    return _repository_urls(graph).get(image.parent)


def _policy(entry: Registration) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(entry.inputs["policy"])
    return policy


RULES = (
    images_suit_lambda,
    images_are_rebuilt_for_their_own_files_only,
    images_cache_in_their_own_repository,
    functions_and_images_have_one_architecture,
    functions_run_images_of_this_stacks_repositories,
    lambda_may_pull_before_it_has_to,
    functions_run_digests_with_their_own_role_and_log,
    log_groups_forget,
    repositories_keep_what_runs,
    queues_are_closed_and_patient,
    buckets_are_closed,
)
