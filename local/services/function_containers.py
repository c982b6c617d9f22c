"""Runs functions in the containers that would be deployed, instead of as processes of this machine.

The embedded Lambda starts a `bootstrap` and talks to it by the Runtime API; here the bootstrap runs the function's
image. A client's death doesn't end its container, so every container of a stack carries a label, by which
the stack, `down` or the watchdog finds the containers to end.
"""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import LocalStackError
from local.layout import ROOT
from local.services.container_engine import ContainerEngine

REMOVAL_LOOKS = 10
STACK_LABEL, FUNCTION_LABEL = "driftless.stack", "driftless.handler"
LAMBDA_VARIABLES = (
    "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
)  # fmt: skip
"""What Lambda sets and a container has to be given.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime"""

LOCAL_VARIABLES = ("AWS_ENDPOINT_URL",)
"""What only the local stack sets: where the embedded AWS is."""

# The shell stays, to remove the container when the embedded Lambda ends the function. `wait` comes back on a signal.
_BOOTSTRAP = """#!/bin/sh
name=driftless-$$-$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)
end() {{ kill "$client" 2>/dev/null; {engine} rm --force "$name" >/dev/null 2>&1; exit 143; }}
trap end TERM INT HUP
{run} &
client=$!
wait "$client"
"""


@dataclass(frozen=True, kw_only=True)
class FunctionContainers:
    """The images of one stack's functions, by their folder, and how their containers are run and found again."""

    engine: ContainerEngine
    stack: str
    images: Mapping[str, str] = field(default_factory=dict)

    def bootstrap(
        self,
        folder: str,
        *,
        command: str | None,
        memory_megabytes: int,
        temporary_megabytes: int = 512,
        variables: Iterable[str],
    ) -> str:
        """Makes a shell script that runs the folder's image, with the variables of these names.

        The network is this machine's own: the embedded AWS, the Runtime API and OpenSearch listen on 127.0.0.1 only.
        Docker Desktop has that since 4.34, as a setting (https://docs.docker.com/engine/network/drivers/host/).
        """
        if folder not in self.images:
            raise LocalStackError(f"images/{folder} was not built: it has no Dockerfile.")
        names = [*LAMBDA_VARIABLES, *LOCAL_VARIABLES, *variables]
        labels = [f"--label={STACK_LABEL}={self.stack}", f"--label={FUNCTION_LABEL}={command or folder}"]
        words = self.engine.run_command(
            self.images[folder],
            *([command] if command else []),
            memory_megabytes=memory_megabytes,
            temporary_megabytes=temporary_megabytes,
            network="host",
            options=["--name", "$name", *labels, *(f"--env={name}" for name in names)],
        )
        run = " ".join('"$name"' if word == "$name" else shlex.quote(word) for word in words)
        return _BOOTSTRAP.format(run=run, engine=shlex.quote(self.engine.client))

    def kill(self, folders: Iterable[str]) -> int:
        """Kills the containers of these images' own handlers. Returns how many there were."""
        labels = (f"{FUNCTION_LABEL}={folder}" for folder in folders)
        mine = set(self.engine.containers(f"{STACK_LABEL}={self.stack}"))
        return self.engine.kill([one for label in labels for one in self.engine.containers(label) if one in mine])

    def remove_all(self) -> int:
        """Ends what still runs. Returns how many there were. Looks again, for one that was being made meanwhile."""
        removed: set[str] = set()
        for _ in range(REMOVAL_LOOKS):
            left = self.engine.containers(f"{STACK_LABEL}={self.stack}")
            if not left:
                break
            self.engine.remove_containers(left)
            removed.update(left)
        return len(removed)


def image_folders(context: Path = ROOT / "images") -> list[str]:
    """Lists every folder with a Dockerfile."""
    return sorted(dockerfile.parent.name for dockerfile in context.glob("*/Dockerfile"))


def build_images(engine: ContainerEngine, say: Callable[[str], None]) -> dict[str, str]:
    """Builds every image and says so before each. Returns folder to image id."""
    images = {}
    folders = image_folders()
    for number, folder in enumerate(folders, start=1):
        say(f"Building image {number} of {len(folders)}: {folder} ...")
        images[folder] = engine.build(folder)
    return images
