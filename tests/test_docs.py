"""The user-facing pages say what is so: generated blocks are fresh, what a page names exists, runbooks are complete."""

import re
import subprocess
import sys

import pytest

from local.layout import ROOT, Layout
from local.program.resources import CREATORS
from tools.reference.__main__ import BLOCKS
from tools.reference.commands import arguments, commands, texts
from tools.reference.emulated import family
from tools.reference.markdown import BLOCK

PAGES = {
    str(page.relative_to(ROOT)): page.read_text(encoding="utf-8")
    for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
}
OPERATIONS = PAGES["docs/operations.md"]
COMMANDS = commands()
OPS_COMMANDS = [typed.rpartition(" ")[2] for typed in COMMANDS if " ops " in typed]

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# A path: it ends with a slash or a file's suffix, or has a slash within; no placeholder, URL, route or command is one.
PATH = re.compile(
    r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|svg|json|yaml|toml|txt|log))|(?:[\w.-]+/)+[\w-]+|Makefile|LICENSE"
)


def section(page: str, heading: str) -> str:
    """Returns the text below a second-level heading, up to the next one."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"There is no section {heading!r}."
    return found[1]


def subsections(text: str) -> dict[str, str]:
    """Returns the text below each third-level heading of a section."""
    parts = re.split(r"^### (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def first_cells(text: str) -> list[str]:
    """Returns what each table row of the text has in backticks in its first cell."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def flags_of(typed: str) -> set[str]:
    return {flag for action in arguments(typed) for flag in action.option_strings}


def test_generated_blocks_are_fresh_and_each_is_in_a_page() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "tools.reference", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert set(BLOCK.findall("\n".join(PAGES.values()))) == set(BLOCKS)


@pytest.mark.parametrize("typed", COMMANDS)
def test_help_has_an_example_of_its_own_command(typed: str) -> None:
    assert typed in texts(typed).example


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_exists_with_its_flags(page: str) -> None:
    for group, words in re.findall(
        r"(?:python -m|driftless) ((?:ops|local) [a-z-]+)((?: (?:--)?[\w-]+)*)", PAGES[page]
    ):
        typed = f"python -m {group}"
        assert typed in COMMANDS
        assert {word for word in words.split() if word.startswith("--")} <= flags_of(typed), typed


def test_the_runbook_has_a_section_for_every_ops_command_and_no_other() -> None:
    sections = subsections(section(OPERATIONS, "Commands"))
    assert sorted(sections) == sorted(OPS_COMMANDS)
    for command, text in sections.items():
        assert f"$ python -m ops {command}" in text, f"{command} has no example."
        assert "**Exit code**" in text, command
        assert "**It changes**" in text, command
        assert command in first_cells(section(OPERATIONS, "Rights"))
        own = re.sub(rf"`(?!{command} )\w+ --[^`]+`", "", text)  # without what is said of another command
        assert set(re.findall(r"--[a-z][a-z-]*", FENCED.sub("", own))) <= flags_of(f"python -m ops {command}"), command


def test_a_page_has_a_section_for_every_alarm_and_no_other() -> None:
    pages = [section(page, "Alarms") for page in PAGES.values() if "\n## Alarms\n" in page]
    sections = {alarm: text for page in pages for alarm, text in subsections(page).items()}
    assert sorted(sections) == sorted(first_cells(section(OPERATIONS, "Alarms"))) != []
    for alarm, text in sections.items():
        assert "**Look at**" in text, alarm
        assert "`python -m ops " in text.partition("**Settle it**")[2], f"{alarm}: no command settles it."


def test_every_folder_and_room_has_its_row_in_the_readme() -> None:
    skipped = (".", "_", *(ROOT / ".gitignore").read_text(encoding="utf-8").split())
    rooms = [
        place for pattern in ("*/", "infra/*", "images/*/", "images/changefeed/*/") for place in ROOT.glob(pattern)
    ]
    kept = {
        f"{room.relative_to(ROOT)}{'/' * room.is_dir()}" for room in rooms if not f"{room.name}/".startswith(skipped)
    }
    rows = first_cells(section(PAGES["README.md"], "Where things are"))
    assert kept - {"infra/", "images/", "local/"} <= set(rows)
    assert [row for row in rows if not (ROOT / row).exists()] == []


def test_every_path_that_a_page_names_exists() -> None:
    paths = [
        (name, str((ROOT / name).parent.joinpath(target).relative_to(ROOT)))
        for name, page in PAGES.items()
        for target in re.findall(r"\]\(([^)#\s]+)\)", page)
        if "://" not in target
    ]
    for name, page in PAGES.items():
        words = set(re.findall(r"`([^`\n]+)`", FENCED.sub("", BLOCK.sub("", page))))
        paths += [(name, word) for word in sorted(words) if PATH.fullmatch(word)]
    made = (*(ROOT / ".gitignore").read_text(encoding="utf-8").split(), *files_of_a_running_stack())
    assert [(n, p) for n, p in paths if not (ROOT / p).exists() and not p.startswith(made)] == []
    assert len(paths) > 40, "The pattern finds too few of them to prove anything."


def files_of_a_running_stack() -> list[str]:
    """What docs/local.md says that `.local/` has."""
    return first_cells(PAGES["docs/local.md"].partition("| File in")[2].partition("\n\n")[0])


def test_the_files_of_a_running_stack_are_in_their_table() -> None:
    layout = Layout()
    kept = {
        path.name for path in (layout.lock_file, layout.state_file, layout.status_file, layout.end_file, layout.data)
    }
    assert kept <= {name.rstrip("/") for name in files_of_a_running_stack()}


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall(r"(?:^ *|`)make ([a-z]+(?:-[a-z]+)*)", "\n".join(PAGES.values()), re.MULTILINE)
    assert {"demo", "test", "docs"} <= set(named) <= set(targets)


@pytest.mark.parametrize("name", sorted({family(type_) for type_ in CREATORS}))
def test_how_each_family_of_types_is_emulated_has_a_row(name: str) -> None:
    text = BLOCK.sub("", PAGES["docs/emulation.md"])
    assert first_cells(text).count(name) == 1
