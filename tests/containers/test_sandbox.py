"""What holds for every container under test: Lambda's limits, asked from inside, and a network of three ports only."""

import json
import subprocess

import pytest

from local.services.container_engine import LAMBDA_USER, ContainerEngine
from local.services.function_containers import image_folders
from tests.containers.conftest import Services
from tests.containers.door import door
from tests.containers.function_run import in_a_container

pytestmark = pytest.mark.containers
MEMORY_MEGABYTES = 256

LOOK = """
import json, os, pathlib, socket

def can_write(folder):
    try:
        file = pathlib.Path(folder, "probe")
        file.write_text("x")
        file.unlink()
        return True
    except OSError:
        return False

def reaches(host, port):
    try:
        socket.create_connection((host, port), timeout=2).close()
        return True
    except OSError:
        return False

status = dict(line.split(":\\t", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
everything = [str(path) for path in pathlib.Path(os.environ["LAMBDA_TASK_ROOT"]).rglob("*")]
hosts = json.loads(os.environ["HOSTS"])
print(json.dumps({
    "user": f"{os.getuid()}:{os.getgid()}",
    "capabilities": int(status["CapBnd"], 16),
    "no_new_privileges": status["NoNewPrivs"].strip(),
    "writable": [folder for folder in ("/", "/var/task", "/opt", "/var", "/root", "/tmp") if can_write(folder)],
    "unreadable": [path for path in everything if not os.access(path, os.R_OK)],
    "interfaces": [name for _, name in socket.if_nameindex()],
    "reached": [f"{host}:{port}" for host, port in hosts if reaches(host, port)],
}))
"""


@pytest.mark.parametrize("folder", image_folders())
def test_a_container_is_lambdas_read_only_unprivileged_and_reaches_the_given_ports_only(
    engine: ContainerEngine, images: dict[str, str], services: Services, folder: str
) -> None:
    aws, search = services.ports
    allowed = [("127.0.0.1", aws), ("127.0.0.1", search)]
    elsewhere = [
        ("127.0.0.1", 22),
        ("172.17.0.1", search),
        ("169.254.169.254", 80),
        ("1.1.1.1", 53),
        ("example.org", 443),
    ]
    with door(engine, images[folder], [aws, search]) as network:
        words = engine.run_command(
            images[folder], "-c", LOOK, memory_megabytes=MEMORY_MEGABYTES, network=network,
            options=["--entrypoint", "python3", "--env", f"HOSTS={json.dumps([*allowed, *elsewhere])}"],
        )  # fmt: skip
        seen = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    assert json.loads(seen) == {
        "user": LAMBDA_USER,
        "capabilities": 0,
        "no_new_privileges": "1",
        "writable": ["/tmp"],  # noqa: S108
        "unreadable": [],
        "interfaces": ["lo"],
        "reached": [f"127.0.0.1:{aws}", f"127.0.0.1:{search}"],
    }


def test_a_function_that_takes_more_memory_than_it_has_is_killed(
    engine: ContainerEngine, images: dict[str, str]
) -> None:
    folder, image = next(iter(images.items()))
    for megabytes, code in ((MEMORY_MEGABYTES // 2, 0), (MEMORY_MEGABYTES * 2, 137)):
        words = engine.run_command(
            image, "-c", f"bytearray(b'x') * ({megabytes} << 20)", memory_megabytes=MEMORY_MEGABYTES, network="none",
            options=["--entrypoint", "python3"],
        )  # fmt: skip
        ended = subprocess.run(words, capture_output=True, timeout=60, check=False)
        assert ended.returncode == code, (folder, ended.stderr)


def test_the_engine_was_told_the_limits_of_the_running_function(
    engine: ContainerEngine, images: dict[str, str], services: Services
) -> None:
    variables = {"OPENSEARCH_ENDPOINT": services.search_url}
    with in_a_container(
        engine, images["sync_dynamodb_stream"], command="changefeed.create_index.handler",
        variables=variables, ports=services.ports, memory_megabytes=MEMORY_MEGABYTES,
    ) as run:  # fmt: skip
        assert run.invoke({}).error_type == "SettingsError"
        host = engine.inspect(str(run.container))["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == MEMORY_MEGABYTES << 20
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["Tmpfs"].keys() == {"/tmp"}  # noqa: S108
    assert not host["Binds"]
