"""Makes image repositories and images. Nothing is built here: an image's digest is that of its context, its command
that of its Dockerfile, and a function that names it runs the same files, or the image built from them before."""

import re

from local.program.image_context import context_digest
from local.program.resources.creation import Cloud, Created, Inputs, declared_only, physical_name

_COMMAND = re.compile(r'^CMD \["([\w.]+)"\]$', re.MULTILINE)


def _repository(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    repository = cloud.client("ecr").create_repository(repositoryName=physical_name(name, inputs))["repository"]
    return repository["repositoryName"], {
        "arn": repository["repositoryArn"],
        "name": repository["repositoryName"],
        "registryId": repository["registryId"],
        "repositoryUrl": repository["repositoryUri"],
    }


def _image(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    dockerfile = cloud.root / inputs["dockerfile"]["location"]
    digest = f"sha256:{context_digest(cloud.root / inputs['context']['location'], dockerfile)}"
    command = _COMMAND.search(dockerfile.read_text())
    if command is None:
        raise ValueError(f'{dockerfile} has no line like CMD ["package.module.handler"].')
    cloud.image_commands[digest] = command[1]
    cloud.image_folders[digest] = dockerfile.parent.name
    return name, {"digest": digest, "ref": f"{inputs['tags'][0]}@{digest}", "contextHash": digest}


CREATORS = {
    "aws:ecr/repository:Repository": _repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": declared_only,
    "aws:ecr/repositoryPolicy:RepositoryPolicy": declared_only,
    "docker-build:index:Image": _image,
}
