"""The user-facing pages say what is so: commands, alarms, paths, targets, exports, settings, emulated types."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from infra.settings.rules import cross_field_problems
from infra.settings.sections import Settings
from local import __main__ as local_commands
from local.layout import ROOT, Layout
from local.program.resources import CREATORS
from local.program.resources.creation import declared_only
from ops import __main__ as ops_commands

README = (ROOT / "README.md").read_text(encoding="utf-8")
LOCAL = (ROOT / "docs/local.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
ANALYTICS = (ROOT / "docs/analytics.md").read_text(encoding="utf-8")
DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
PAGES = {
    "README.md": README,
    "docs/analytics.md": ANALYTICS,
    "docs/deploy.md": DEPLOY,
    "docs/local.md": LOCAL,
    "docs/operations.md": OPERATIONS,
}
COMMANDS = [module.__name__.rpartition(".")[2] for module in local_commands.COMMANDS]
OPS_COMMANDS = {
    module.__name__.rpartition(".")[2].replace("_", "-"): module for module in ops_commands.command_modules()
}
ALARM_FILES = ("sync/alarms.py", "source/alarms.py", "api/alarms.py", "queued/alarms.py")
ALARMS = [
    suffix
    for name in ALARM_FILES
    for suffix in re.findall(r'suffix="([a-z-]+)"', (ROOT / "infra" / name).read_text(encoding="utf-8"))
]

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# A path: it ends with a slash or a file's suffix, or has a slash within; no placeholder, URL, route or command is one.
PATH = re.compile(
    r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|svg|json|yaml|toml|txt|log))|(?:[\w.-]+/)+[\w-]+|Makefile|LICENSE"
)


def prose(page: str) -> str:
    """The page without its fenced blocks."""
    return FENCED.sub("", page)


def in_backticks(page: str) -> set[str]:
    """Everything that the page's prose sets in backticks."""
    return set(re.findall(r"`([^`\n]+)`", prose(page)))


def section(page: str, heading: str) -> str:
    """The text below a second-level heading, up to the next one."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"There is no section {heading!r}."
    return found[1]


def subsections(text: str) -> dict[str, str]:
    """Third-level headings of a section, in order, each with the text below it."""
    parts = re.split(r"^### (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def rows(text: str) -> list[list[str]]:
    """The cells of every table row of the text; a heading's row is one of them."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not set(line) <= set("|- ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def named_paths() -> Iterator[tuple[str, str]]:
    """Page and path: in backticks, and as the target of a link that stays in the repository."""
    for name, page in PAGES.items():
        folder = (ROOT / name).parent
        for word in sorted(in_backticks(page)):
            if PATH.fullmatch(word):
                yield name, word
        for target in re.findall(r"\]\(([^)#\s]+)\)", page):
            if "://" not in target:
                yield name, str((folder / target).relative_to(ROOT))


def is_ignored(path: str) -> bool:
    """True for what the stack makes while it runs: git ignores it."""
    patterns = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return any(path == pattern.rstrip("/") or path.startswith(pattern) for pattern in patterns)


def repository_files() -> list[Path]:
    """Text files that are tracked, or new and not ignored. Skips where there is no repository."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not in a git repository")
    listing = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    files = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()[:1024]]


def stack_files() -> set[str]:
    """What a running stack keeps in its directory, by the code's own names; directories end with a slash."""
    layout = Layout(directory=ROOT / ".local")
    logs = re.findall(r'layout\.log\("(\w+)"\)', (ROOT / "local/stack.py").read_text(encoding="utf-8"))
    files = [layout.lock_file, layout.state_file, layout.status_file, *map(layout.log, logs)]
    detached = re.findall(
        r'layout\.directory / "([\w.]+)"', (ROOT / "local/commands/up.py").read_text(encoding="utf-8")
    )
    return {str(file.relative_to(layout.directory)) for file in files} | {f"{layout.data.name}/"} | set(detached)


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        local_commands.main([command, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def ops_help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        ops_commands.main([command, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("page", ["README.md", "docs/local.md"])
def test_every_local_command_has_a_row_in_a_table_of_commands(page: str, command: str) -> None:
    heading = {"README.md": "Local commands", "docs/local.md": "Commands"}[page]
    assert f"`python -m local {command}`" in [row[0] for row in rows(section(PAGES[page], heading))]


def test_every_command_that_a_page_names_exists_with_its_flags(capsys: pytest.CaptureFixture[str]) -> None:
    written = re.findall(r"python -m local (\w+)((?: (?:--)?[\w-]+)*)", README + LOCAL)
    assert {command for command, _ in written} == set(COMMANDS)
    for command, words in written:
        known = help_of(command, capsys)
        assert [word for word in words.split() if word.startswith("--") and word not in known] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_of_a_command_is_in_its_row(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = set(re.findall(r"--[a-z-]+", help_of(command, capsys).split("Example:")[0])) - {"--help"}
    ports = {"--aws-port", "--opensearch-port"}
    row = next(row for row in rows(section(LOCAL, "Commands")) if row[0] == f"`python -m local {command}`")
    told = set(re.findall(r"`(--[a-z-]+)`", row[2])) | (ports if "the ports" in row[2] else set())
    assert told == flags


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_of_its_own_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"Example: python -m local {command}" in " ".join(help_of(command, capsys).split())


def test_the_runbook_has_a_section_for_every_ops_command_and_no_other() -> None:
    sections = subsections(section(OPERATIONS, "Commands"))
    assert sorted(sections) == sorted(OPS_COMMANDS)
    for command, text in sections.items():
        assert f"$ python -m ops {command}" in text, f"{command} has no example."
        assert "**Exit code**" in text, command
        assert "**It changes**" in text, command


def test_the_runbook_has_a_section_for_every_alarm_and_no_other() -> None:
    sections = subsections(section(OPERATIONS, "Alarms"))
    assert list(sections) == ALARMS != []
    for alarm, text in sections.items():
        assert "**Look at**" in text, alarm
        settles = re.findall(r"`python -m ops (\w+)", text.partition("**Settle it**")[2])
        assert settles, f"{alarm}: no command settles it."


@pytest.mark.parametrize("command", sorted(OPS_COMMANDS))
def test_every_ops_command_has_a_row_in_the_readme_and_a_row_of_rights(command: str) -> None:
    assert f"`python -m ops {command}`" in [row[0] for row in rows(section(README, "Operations"))]
    assert f"`{command}`" in [row[0] for row in rows(section(OPERATIONS, "Rights"))]


@pytest.mark.parametrize("command", sorted(OPS_COMMANDS))
def test_help_of_an_ops_command_has_an_example_of_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"Example: python -m ops {command}" in " ".join(ops_help_of(command, capsys).split())


def test_every_ops_command_that_a_page_names_exists_with_its_flags(capsys: pytest.CaptureFixture[str]) -> None:
    correctness = (ROOT / "docs/correctness.md").read_text(encoding="utf-8")
    pages = "\n".join((*PAGES.values(), correctness))
    written = re.findall(r"python -m ops ([a-z-]+)((?: (?:--)?[\w-]+)*)", pages)
    assert {command for command, _ in written} == set(OPS_COMMANDS)
    for command, words in written:
        known = set(re.findall(r"--[a-z-]+", ops_help_of(command, capsys)))
        assert [word for word in words.split() if word.startswith("--") and word not in known] == []


@pytest.mark.parametrize("command", sorted(OPS_COMMANDS))
def test_every_flag_that_a_runbook_section_names_is_known(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = prose(subsections(section(OPERATIONS, "Commands"))[command])
    text = re.sub(r"`(\w+) --[^`]+`", lambda other: other[0] if other[1] == command else "", text)
    named = set(re.findall(r"--[a-z][a-z-]*", text))
    assert named - set(re.findall(r"--[a-z-]+", ops_help_of(command, capsys))) == set()


def test_every_path_that_a_page_names_exists() -> None:
    paths = list(named_paths())
    missing = [(page, path) for page, path in paths if not (ROOT / path).exists() and not is_ignored(path)]
    of_the_stack = stack_files()  # told relative to `.local/`
    assert [(page, path) for page, path in missing if path not in of_the_stack] == []
    assert len(paths) > 40, "The pattern finds too few of them to prove anything."


def test_every_file_of_a_running_stack_is_in_its_table_and_nothing_else() -> None:
    text = section(LOCAL, "Ports, files, logs").partition("| File in")[2]
    told = {row[0].strip("`") for row in rows(text) if row[0].startswith("`")}
    assert told == stack_files()


def test_every_make_target_that_a_page_names_exists_and_the_other_way_round() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^ *|`)make ([a-z-]+)", README + LOCAL, re.MULTILINE))
    assert named == targets


def test_every_export_is_named_and_nothing_else() -> None:
    program = (ROOT / "__main__.py").read_text(encoding="utf-8")
    exports = set(re.findall(r'^    "(\w+)": ', program[program.index("exports = {") :], re.MULTILINE)) | {"api_key_id"}
    text = re.search(r"^Exports: (.*?)\n\n", README, re.MULTILINE | re.DOTALL)
    assert text
    assert set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", text[1]))) == exports


def test_every_setting_is_in_the_configuration_table_and_nothing_else() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    table = [row[0].strip("`") for row in rows(section(README, "Configuration")) if row[0] != "Key"]
    assert sorted(table) == sorted(declared)


def test_defaults_in_the_configuration_table_are_the_settings_own() -> None:
    told = {row[0].strip("`"): row[2] for row in rows(section(README, "Configuration"))}
    settings = Settings()
    expected: dict[str, list[object]] = {
        "protect": [str(settings.protect).lower()],
        "architecture": [settings.architecture],
        "log_retention_days": [settings.log_retention_days],
        "table": [settings.table.name],
        "stream": [settings.stream.name, f"{settings.stream.retention_hours} h"],
        "collection": [settings.collection.name],
        "reader_alias": [settings.reader_alias],
        "api": [settings.api.name, settings.api.authorization, f"{settings.api.throttle_rate:.0f} a second"],
        "table_api": [
            settings.table_api.function_name,
            f"{settings.table_api.memory_mb} MB",
            f"{settings.table_api.timeout_seconds} s",
        ],
        "alarms": [f"{settings.alarms.iterator_age_seconds} s"],
    }
    for key, values in expected.items():
        assert [value for value in values if str(value) not in told[key]] == [], key


def test_the_settings_to_paste_are_accepted() -> None:
    blocks = [text for language, text in FENCED.findall(README + DEPLOY) if language == "yaml"]
    assert blocks
    for block in blocks:
        config = yaml.safe_load(block)["config"]
        own = {key.removeprefix("driftless:"): value for key, value in config.items() if key.startswith("driftless:")}
        assert cross_field_problems(Settings.model_validate(own)) == []


@pytest.mark.parametrize("type_", sorted(CREATORS))
def test_every_resource_type_is_covered_by_the_table_of_what_is_emulated(type_: str) -> None:
    """A family (`aws:sqs`) has a row of its own; what is declared only is named in it by its class."""
    family = type_.split("/")[0] if "/" in type_ else type_.split(":")[0]
    found = [row for row in rows(section(LOCAL, "What is emulated, and how")) if row[0] == f"`{family}`"]
    assert len(found) == 1, f"The table needs one row for `{family}`."
    told = found[0][1].partition("Declared only:")[2]
    assert (f"`{type_.rpartition(':')[2]}`" in told) == (CREATORS[type_] is declared_only)


def test_no_file_names_a_path_of_a_machine_or_a_package_index() -> None:
    machine_path = re.compile(r"(?<![\w.}>*])/(?:work|root|home|Users|tmp|mnt|srv)/(?!somebody/)\w")
    index = re.compile(r"(?:extra-)?index-url|https?://[^/\s\"']*(?:artifactory|jfrog|nexus|devpi|codeartifact)", re.I)
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for file in repository_files()
        if file != Path(__file__)
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if machine_path.search(line) or index.search(line)
    ]
    assert found == []
