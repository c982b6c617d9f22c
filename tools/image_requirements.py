"""Makes images/<folder>/requirements.txt, pins and hashes, of the requirements.in beside it.

One list serves both architectures and every Python from 3.11 on (`--universal`). Versions that constraints.txt pins are
kept to, so an image runs what the tests ran.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from local.layout import ROOT
from local.services.function_containers import image_folders

IMAGES = ROOT / "images"

# uv writes these into the file's head, and Renovate's manager pip-compile runs them again from there. It knows some
# options only, and their values after "=" only. The constraints come by the environment: bound to them, Renovate could
# never raise a version.
# Source: renovate, lib/modules/manager/pip-compile/common.ts
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--fork-strategy=fewest",  # one version for every Python, not an older one for older Pythons
    "--generate-hashes",
    "--overrides=../left_out.txt",
    "--output-file=requirements.txt",
)


def compile_requirements(folder: Path) -> None:
    """Writes `folder`/requirements.txt. Versions already in it stay while they fit. Asks the package index."""
    subprocess.run(
        [Path(sys.executable).with_name("uv"), "pip", "compile", "--quiet", *OPTIONS, "requirements.in"],
        cwd=folder,
        env={**os.environ, "UV_CONSTRAINT": "../../constraints.txt"},  # relative: uv writes it into the file
        check=True,
    )


def main() -> int:
    """Runs the command line; gives 1 when uv could not make one of the files."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Example: python -m tools.image_requirements table_api"
    )
    parser.add_argument("folders", nargs="*", default=image_folders(), help="default: every image")
    for folder in parser.parse_args().folders:
        try:
            compile_requirements(IMAGES / folder)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"images/{folder}/requirements.txt is as it was: {error}", file=sys.stderr)
            return 1
        print(f"images/{folder}/requirements.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
