"""The AWS provider of every resource: region, default tags and, for an emulator, other endpoints.

The only file that knows that an emulator can exist.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.settings_sections import Settings

_EMULATED_SERVICES = (
    "apigateway",
    "cloudwatch",
    "dynamodb",
    "ecr",
    "iam",
    "kinesis",
    "lambda_",
    "logs",
    "opensearchserverless",
    "s3",
    "sqs",
    "sts",
)


def aws_provider(settings: Settings) -> aws.Provider:
    """The provider to hand to components as `ResourceOptions(providers=[...])`; children and invokes inherit it.

    The region is `aws:region`, else the environment's, as everywhere in Pulumi; so are the credentials.
    """
    tags = {"project": pulumi.get_project(), "stack": pulumi.get_stack(), **settings.tags}
    return aws.Provider(
        "aws",
        aws.ProviderArgs(
            region=pulumi.Config("aws").get("region"),
            default_tags=aws.ProviderDefaultTagsArgs(tags=tags),
            **_emulator(settings.aws_endpoint_url),
        ),
    )


def _emulator(url: str | None) -> dict[str, object]:
    if url is None:
        return {}
    return {
        "endpoints": [aws.ProviderEndpointArgs(**dict.fromkeys(_EMULATED_SERVICES, url))],
        "s3_use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_requesting_account_id": True,
    }
