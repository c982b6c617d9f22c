"""No file of the repository names a path of a machine or the host of a package registry."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.layout import ROOT


def test_no_file_names_a_path_of_a_machine_or_a_package_index() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not in a git repository")
    machine_path = re.compile(r"(?<![\w.}>*])/(?:work|root|home|Users|tmp|mnt|srv)/(?!somebody/)\w")
    index = re.compile(r"(?:extra-)?index-url|https?://[^/\s\"']*(?:artifactory|jfrog|nexus|devpi|codeartifact)", re.I)
    listing = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    files = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    texts = {file: file.read_bytes() for file in files if file.is_file() and file != Path(__file__)}
    assert [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for file, content in texts.items()
        if b"\0" not in content[:1024]
        for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1)
        if machine_path.search(line) or index.search(line)
    ] == []
