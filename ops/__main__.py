"""The operations' commands. `python -m ops COMMAND --help` has an example of each."""

from cli import first

if __name__ == "__main__":
    first.end_at_once()  # the other imports take a while

from cli.edge import end_with, run_program
from cli.program import Program, commands_in

PROGRAM = Program(
    prog="python -m ops",
    description="Prove, repair, fill and look after a deployed stack.",
    example="python -m ops verify --stack local",
    commands=commands_in("ops.commands"),
    explain="ops.explain",
)


def main(arguments: list[str], prog: str = PROGRAM.prog) -> int:
    """Runs a command; `prog` is what was typed. Returns the exit code (docs/commands.md)."""
    return run_program(PROGRAM, arguments, prog)


if __name__ == "__main__":
    end_with(main)
