"""Rights on image repositories."""

from __future__ import annotations

from infra.rights.documents import Document, document


def functions_may_pull(repository_arn: str) -> Document:
    """Lets Lambda pull for functions of the repository's own account and region.

    Without it Lambda writes the same into the repository when a function is made, if whoever makes it may: a hidden
    right, and a race of two functions. Written as Lambda writes it, so that Lambda finds it:
    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions
    """
    _, partition, _, region, account, _ = repository_arn.split(":")
    return document(
        [
            {
                "Sid": "LambdaECRImageRetrievalPolicy",
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                # The star is for the functions' names: each asks on its own behalf, and images can be shared.
                "Condition": {"StringLike": {"aws:SourceArn": f"arn:{partition}:lambda:{region}:{account}:function:*"}},
            }
        ]
    )
