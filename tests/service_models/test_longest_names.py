"""The local stack's creators make the program with the longest prefix, in calls that AWS would take, too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from local.layout import ROOT
from tests.local.mapping_fakes import running_ministack

# The index needs a node and a running function; names need neither.
_PROGRAM = """
import json, pathlib, sys
from local.program.engine import deploy
from local.program.resources import CREATORS
from local.program.resources.creation import Cloud

endpoint, root = sys.argv[1:]
CREATORS["aws:lambda/invocation:Invocation"] = lambda cloud, name, inputs: (
    name, {"result": json.dumps({"index_created": True, "alias_created": True})}
)
cloud = Cloud(
    aws_endpoint_url=endpoint, opensearch_url="http://127.0.0.1:9", region="us-east-1", root=pathlib.Path(root)
)
print(json.dumps(deploy(cloud)))
"""


@pytest.mark.local
def test_the_longest_prefix_makes_no_name_that_aws_would_refuse(tmp_path: Path) -> None:
    for path in ROOT.iterdir():
        if not path.name.startswith(("Pulumi.local", ".")):
            (tmp_path / path.name).symlink_to(path)
    settings = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    settings["config"]["driftless:name_prefix"] = "p" * 20
    settings["config"]["driftless:operators"] = {"arns": ["arn:aws:iam::000000000000:role/operator"]}
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(settings))

    with running_ministack() as ministack:
        child = [sys.executable, "-c", _PROGRAM, ministack.endpoint, str(tmp_path)]
        run = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        names = ministack.client("lambda").list_functions()["Functions"]

    assert all(each["FunctionName"].startswith("p" * 20) for each in names)
    assert set(json.loads(run.stdout)["functions"].values()) <= {each["FunctionName"] for each in names}
