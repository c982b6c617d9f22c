"""Lists an image's build context, the files that `Dockerfile.dockerignore` leaves, and computes its digest.

The rules are Docker's: one pattern a line, relative to the context, `!` takes back, the last match decides, `*` stays
within a name, `**` crosses folders, and a match of a folder covers all below it.
Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import hashlib
import re
from pathlib import Path


def context_files(context: Path, dockerfile: Path) -> list[Path]:
    """Lists the files that a build of this Dockerfile sees, sorted; paths relative to the context."""
    rules = _rules(dockerfile.with_name(dockerfile.name + ".dockerignore"))
    files = sorted(path.relative_to(context) for path in context.rglob("*") if path.is_file())
    return [path for path in files if not _ignored(path, rules)]


def context_digest(context: Path, dockerfile: Path) -> str:
    """Returns the SHA-256 of the Dockerfile and of every file of its context, names included."""
    digest = hashlib.sha256(dockerfile.read_bytes())
    for path in context_files(context, dockerfile):
        content = (context / path).read_bytes()
        digest.update(f"\n{path.as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _rules(ignore_file: Path) -> list[tuple[bool, re.Pattern[str]]]:
    lines = (line.strip() for line in ignore_file.read_text().splitlines())
    return [
        (not line.startswith("!"), _pattern(line.lstrip("!").strip("/")))
        for line in lines
        if line and not line.startswith("#")
    ]


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", text)
    meaning = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts))


def _ignored(path: Path, rules: list[tuple[bool, re.Pattern[str]]]) -> bool:
    names = [path.as_posix(), *(parent.as_posix() for parent in path.parents if parent != Path())]
    ignored = False
    for excludes, pattern in rules:
        if any(pattern.fullmatch(name) for name in names):
            ignored = excludes
    return ignored
