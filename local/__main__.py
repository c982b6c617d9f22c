"""The local stack's commands. `python -m local COMMAND --help` has an example of each."""

from cli import first

if __name__ == "__main__":
    first.end_at_once()  # the other imports take a while

from cli.edge import end_with, run_program
from cli.environment import forget_aws
from cli.program import Program, commands_in

PROGRAM = Program(
    prog="python -m local",
    description="The whole pipeline on this machine: an embedded AWS, a real OpenSearch node, the same program.",
    example="python -m local up --detach && python -m local outputs --json",
    commands=commands_in("local.commands", demo="demo.demo"),
    explain="local.explain",
)


def main(arguments: list[str], prog: str = PROGRAM.prog) -> int:
    """Runs a command; `prog` is what was typed. Returns the exit code (docs/commands.md)."""
    forget_aws()
    return run_program(PROGRAM, arguments, prog)


if __name__ == "__main__":
    end_with(main)
