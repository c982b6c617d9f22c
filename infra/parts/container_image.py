"""ContainerImage: a repository, its clean-up rule and the image of one folder under images/, named by digest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws
import pulumi_docker_build as docker_build
from pydantic import Field

from infra.base.section import Section
from infra.base.values import ImageReference
from infra.rights import ecr

CACHE_TAG = "cache"
NEWEST_TAG = "newest"
KEPT_UNTAGGED_IMAGES = (
    60  # each build leaves two behind, the former image and the former cache: 30 builds to go back to
)

_PLATFORMS = {"arm64": docker_build.Platform.LINUX_ARM64, "x86_64": docker_build.Platform.LINUX_AMD64}


class ImagesSettings(Section):
    """What all images are built on, and whether their repositories scan what is pushed.

    None leaves the Dockerfile's image. A tag without a digest is not looked up again: only a change here rebuilds.
    `scan_on_push` is the repository's switch. ECR deprecates it in favour of the registry's scanning configuration,
    which belongs to the account, not to a stack; without it the registry's filters decide.
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageScanningConfiguration.html
    """

    base_image: ImageReference | None = Field(default=None, examples=["public.ecr.aws/lambda/python:3.13"])
    extensions_image: ImageReference | None = Field(
        default=None, examples=["123456789012.dkr.ecr.eu-central-1.amazonaws.com/extensions:1"]
    )
    scan_on_push: bool = False


@dataclass(frozen=True, kw_only=True)
class ContainerImageArgs:
    """What to build, or which digest of the repository to use instead."""

    folder: str
    repository_name: str
    architecture: Literal["arm64", "x86_64"]
    image_digest: str | None
    images: ImagesSettings
    force_delete: bool


class ContainerImage(pulumi.ComponentResource):
    """An image that Lambda accepts: one platform, no attestation, referred to by its digest alone."""

    uri: pulumi.Output[str]
    """`repository@sha256:...`. Lambda refuses tag and digest together, which is what `Image.ref` is."""

    def __init__(self, name: str, args: ContainerImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ContainerImage", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        repository = aws.ecr.Repository(
            name,
            name=args.repository_name,
            # Tags made in CI can't be moved. The two that this program moves only point: functions name digests.
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
            image_tag_mutability_exclusion_filters=[
                {"filter": f"{tag}*", "filter_type": "WILDCARD"} for tag in (CACHE_TAG, NEWEST_TAG)
            ],
            encryption_configurations=[{"encryption_type": "AES256"}],
            image_scanning_configuration={"scan_on_push": True} if args.images.scan_on_push else None,
            force_delete=args.force_delete,
            opts=child,
        )
        aws.ecr.LifecyclePolicy(
            f"{name}-lifecycle", repository=repository.name, policy=json.dumps(_lifecycle()), opts=child
        )
        pulling = aws.ecr.RepositoryPolicy(
            f"{name}-pulling",
            repository=repository.name,
            policy=repository.arn.apply(lambda arn: json.dumps(ecr.functions_may_pull(arn))),
            opts=child,
        )
        digest = args.image_digest or _build(name, args, repository, parent=self).digest
        # Whoever runs the image waits for the right to pull it.
        self.uri = pulumi.Output.all(repository.repository_url, digest, pulling.id).apply(
            lambda known: f"{known[0]}@{known[1]}"
        )
        self.register_outputs({"uri": self.uri})


def _build(
    name: str, args: ContainerImageArgs, repository: aws.ecr.Repository, *, parent: pulumi.Resource
) -> docker_build.Image:
    token = aws.ecr.get_authorization_token_output(
        registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=parent)
    )
    cache = pulumi.Output.concat(repository.repository_url, ":", CACHE_TAG)
    return docker_build.Image(
        f"{name}-build",
        # Paths are compared as text, so they are relative to the project, the same on every machine.
        context={"location": "./images"},
        dockerfile={"location": f"./images/{args.folder}/Dockerfile"},
        build_args=_build_arguments(args),
        platforms=[_PLATFORMS[args.architecture]],
        push=True,
        # A preview would build on every machine that looks, and write the cache that the next update builds from.
        build_on_preview=False,
        tags=[pulumi.Output.concat(repository.repository_url, ":", NEWEST_TAG)],
        cache_from=[{"registry": {"ref": cache}}],
        cache_to=[
            {
                "registry": {
                    "ref": cache,
                    "image_manifest": True,  # ECR takes no other form of cache
                    "oci_media_types": True,
                    "mode": docker_build.CacheMode.MAX,
                }
            }
        ],
        registries=[
            {
                "address": repository.repository_url,
                "username": token.user_name,
                "password": pulumi.Output.secret(token.password),
            }
        ],
        # Deleting an Image deletes its digest, which an idle function may still be pinned to.
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=True),
    )


def _build_arguments(args: ContainerImageArgs) -> dict[str, pulumi.Input[str]] | None:
    """Only what is configured: an argument that a Dockerfile doesn't get keeps its default there."""
    given = {"BASE_IMAGE": args.images.base_image, "EXTENSIONS_IMAGE": args.images.extensions_image}
    return {name: value for name, value in given.items() if value is not None} or None


def _lifecycle() -> dict[str, object]:
    """By count, never by age: an image that has run unchanged for a year must stay."""
    return {
        "rules": [
            {
                "rulePriority": 1,
                "description": f"Keep the last {KEPT_UNTAGGED_IMAGES} images that lost their tag",
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "imageCountMoreThan",
                    "countNumber": KEPT_UNTAGGED_IMAGES,
                },
                "action": {"type": "expire"},
            }
        ]
    }
