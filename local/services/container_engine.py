"""Builds and runs the functions' images with a container engine, Docker or Podman, by its command line.

The engine is chosen by a trial, not by name: it counts when it answers and builds with each Dockerfile's own ignore
file, as BuildKit does and Docker's legacy builder doesn't (https://docs.docker.com/build/concepts/context/#dockerignore-files).
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import LocalStackError
from local.layout import ROOT

ANSWER_SECONDS = 60
LAMBDA_USER = "64321:64321"
"""An unprivileged user to whom no file belongs, as Lambda's own: images must be readable by any."""

WHAT_TO_DO = (
    "Install Docker (with BuildKit) or Podman and start it, or name the client that works: "
    "DRIFTLESS_CONTAINER_ENGINE=/path/to/docker. On Debian, root can run .ci/container-engine."
)


@dataclass(frozen=True, kw_only=True)
class ContainerEngine:
    """A client that works. `base_image` None: what the Dockerfiles name by default."""

    client: str
    base_image: str | None = None
    build_options: tuple[str, ...] = ()

    def build(self, folder: str, *, context: Path = ROOT / "images", arguments: Mapping[str, str] | None = None) -> str:
        """Builds `context/folder/Dockerfile`. Returns the image's id, `sha256:...`.

        Raises LocalStackError with the build's own output when it fails.
        """
        given = {"BASE_IMAGE": self.base_image} if self.base_image else {}
        options = [f"--build-arg={name}={value}" for name, value in {**given, **(arguments or {})}.items()]
        with tempfile.TemporaryDirectory() as directory:
            id_file = Path(directory) / "id"
            dockerfile = str(context / folder / "Dockerfile")
            built = self._call(
                "build", *self.build_options, *options, "--iidfile", str(id_file), "--file", dockerfile, str(context)
            )
            if built.returncode != 0 or not id_file.exists():
                hint = (
                    ""
                    if self.base_image
                    else "\nIf the base image can't be pulled, name another: DRIFTLESS_BASE_IMAGE."
                )
                raise LocalStackError(f"The image {folder} could not be built:\n{built.stdout}{built.stderr}{hint}")
            return id_file.read_text().strip()

    def inspect(self, image: str) -> dict[str, Any]:
        """Reads what the engine knows of an image or a container; raises LocalStackError when there is none."""
        answer = self._call("inspect", image)
        if answer.returncode != 0:
            raise LocalStackError(f"{self.client} knows no {image}: {answer.stderr.strip()}")
        first: dict[str, Any] = json.loads(answer.stdout)[0]
        return first

    def run_command(
        self,
        image: str,
        *command: str,
        memory_megabytes: int,
        network: str,
        temporary_megabytes: int = 512,
        options: Sequence[str] = (),
    ) -> list[str]:
        """Returns the words of a `run` under what Lambda documents for images, and stricter where it is silent.

        Documented: a read-only file system with a writable /tmp (512 MB by default), a user with the least
        rights, the function's memory (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html, "Requirements
        for container images"; https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html).
        Ours: no swap, no capability, no new privileges. Lambda's /tmp is a disk, this one memory: it counts as such.
        """
        return [
            self.client, "run", "--rm", "--read-only", "--tmpfs", f"/tmp:rw,mode=1777,size={temporary_megabytes}m",  # noqa: S108 — the container's
            "--user", LAMBDA_USER, "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--memory", f"{memory_megabytes}m", "--memory-swap", f"{memory_megabytes}m",
            "--network", network, *options, image, *command,
        ]  # fmt: skip

    def run(
        self, image: str, *command: str, options: Sequence[str] = (), timeout_seconds: float = ANSWER_SECONDS
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a command in a fresh container without a network, as the image's own user, and waits for its end."""
        words = [self.client, "run", "--rm", "--network", "none", *options, image, *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=timeout_seconds, check=False)

    def containers(self, label: str) -> list[str]:
        """Lists the ids of the containers with a label (`name=value`), with ended ones and those not yet started."""
        return self._call("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}").stdout.split()

    def kill(self, containers: Sequence[str]) -> int:
        """Kills containers without a chance to finish. Returns how many there were to kill."""
        return len(self._call("kill", *containers).stdout.split()) if containers else 0

    def save(self, image: str, file: Path) -> None:
        """Writes an image to a file, as a tar archive of its layers; raises LocalStackError when there is none."""
        saved = self._call("save", "--output", str(file), image)
        if saved.returncode != 0:
            raise LocalStackError(f"{self.client} can't save {image}: {saved.stderr.strip()}")

    def remove(self, *images: str) -> None:
        """Removes images; one that is gone, or in use by another, is left alone."""
        if images:
            self._call("rmi", *images)

    def remove_containers(self, containers: Sequence[str]) -> None:
        """Ends and removes containers; one that is gone is fine."""
        if containers:
            self._call("rm", "--force", *containers)

    def server_version(self) -> str:
        """Returns the engine's version, for people; "" when the client doesn't know it."""
        return self._call("version", "--format", "{{.Server.Version}}").stdout.strip()

    def answers(self) -> bool:
        """Returns whether there is an engine behind the client."""
        try:
            return self._call("version", timeout_seconds=ANSWER_SECONDS).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False

    def reads_each_ignore_file(self) -> bool:
        """Tries a context whose own ignore file leaves out everything, while the Dockerfile's own leaves in all."""
        with tempfile.TemporaryDirectory() as directory:
            context = Path(directory)
            folder = context / "probe"
            folder.mkdir()
            (context / "kept").write_text("kept")
            (context / ".dockerignore").write_text("*\n")
            (folder / "Dockerfile").write_text("FROM scratch\nCOPY kept /kept\n")
            (folder / "Dockerfile.dockerignore").write_text("# nothing\n")
            bare = ContainerEngine(client=self.client)
            try:
                image = bare.build("probe", context=context)
            except LocalStackError:
                return False
            bare.remove(image)
            return True

    def _call(self, *words: str, timeout_seconds: float | None = None) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"DOCKER_BUILDKIT": "1"}  # the builder of clients that still have both
        return subprocess.run(
            [self.client, *words], capture_output=True, text=True, env=environment, timeout=timeout_seconds, check=False
        )


def find_engine(environ: Mapping[str, str] = os.environ) -> ContainerEngine:
    """Finds the first client that works: the one that DRIFTLESS_CONTAINER_ENGINE names, else a docker, else a podman.

    DRIFTLESS_BASE_IMAGE and DRIFTLESS_BUILD_OPTIONS (words of a shell) go into its builds. Raises LocalStackError that
    says what is wrong with each client.
    """
    named = environ.get("DRIFTLESS_CONTAINER_ENGINE")
    if named and os.sep in named:
        named = str(Path(named).absolute())  # a detached stack and its functions run in other folders
    clients = [named] if named else _on_the_path("docker", "podman", path=environ.get("PATH", ""))
    problems = []
    for client in clients:
        engine = ContainerEngine(
            client=client,
            base_image=environ.get("DRIFTLESS_BASE_IMAGE") or None,
            build_options=tuple(shlex.split(environ.get("DRIFTLESS_BUILD_OPTIONS", ""))),
        )
        if not engine.answers():
            problems.append(f"{client} does not answer.")
        elif not engine.reads_each_ignore_file():
            problems.append(f"{client} can't build with a Dockerfile's own ignore file: it lacks BuildKit (buildx).")
        else:
            return engine
    found = " ".join(problems) or "There is neither docker nor podman on the path."
    raise LocalStackError(f"No container engine works here. {found}\n{WHAT_TO_DO}")


def _on_the_path(*names: str, path: str) -> list[str]:
    """Finds every client of these names, not only the first: a newer one without a builder may hide an older one."""
    found: dict[str, str] = {}
    for client in (shutil.which(name, path=folder) for name in names for folder in path.split(os.pathsep) if folder):
        if client:
            found.setdefault(os.path.realpath(client), client)
    return list(found.values())


if __name__ == "__main__":
    try:
        chosen = find_engine()
    except LocalStackError as error:
        sys.exit(str(error))
    print(
        f"Container engine: {chosen.client} {chosen.server_version()}. "
        f"Base image: {chosen.base_image or 'as the Dockerfiles name it'}."
    )
