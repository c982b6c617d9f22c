"""START HERE: runs one command of a program, and turns however it ends into an exit code and at most a few lines.

Standard output has the command's result alone, with --json one JSON document or, after an error, nothing. All else
goes to standard error.
"""

import contextlib
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import NoReturn

from cli import first, interrupts, progress, streams
from cli.bug import told_bug
from cli.environment import spare_the_loopback_proxies
from cli.errors import BUG, CUT_OFF, PROBLEM, CommandError
from cli.first import INTERRUPTED
from cli.program import Program
from cli.ticker import Ticker


def end_with(main: Callable[[list[str]], int]) -> NoReturn:
    """Runs a program's `main` as this whole process. Ctrl-C ends it quietly from here to the interpreter's end."""
    first.end_at_once()
    code = main(sys.argv[1:])
    first.end_at_once()
    sys.exit(code)


def run_program(program: Program, arguments: list[str], prog: str) -> int:
    """Runs the command that is called. Returns its exit code; argparse's own ends raise SystemExit."""
    streams.take_any_text()
    spare_the_loopback_proxies()
    with interrupts.ending_at_once(), _threads_end_quietly():
        try:
            code = _run(program, arguments, prog)
            sys.stdout.flush()
        except SystemExit:
            if streams.reader_is_gone():
                raise SystemExit(CUT_OFF) from None
            raise
        except BrokenPipeError:  # what is left in the stream's buffer is dropped with it
            return CUT_OFF
    return code


def _run(program: Program, arguments: list[str], prog: str) -> int:
    command = program.called(arguments)
    if command is None:
        parser = program.overview(prog)
        parser.parse_args(arguments)  # ends with help, or with what is wrong
        parser.error("the COMMAND comes first")
    with progress.shown(Ticker(f"{command} begins")):
        return _ended(program, command, arguments[1:], prog)


def _ended(program: Program, command: str, arguments: list[str], prog: str) -> int:
    try:
        options = program.parser(command, prog).parse_args(arguments)
        with interrupts.unwinding():
            return int(options.run(options))
    except CommandError as error:
        progress.note(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        progress.note("Interrupted.")
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, BrokenPipeError) and streams.reader_is_gone():
            raise
        told = importlib.import_module(program.explain).explain(error) or _told_by_the_system(error)
        progress.note(told or told_bug(f"{prog} {command}", error))
        return PROBLEM if told else BUG


def _told_by_the_system(error: Exception) -> str | None:
    """Words of what the machine refuses: a full disk, rights, a file that went away."""
    if not isinstance(error, OSError):
        return None
    return ": ".join(filter(None, (str(error.filename or ""), error.strerror or type(error).__name__))) + "."


@contextlib.contextmanager
def _threads_end_quietly() -> Iterator[None]:
    """Lets a thread end without a traceback whose reader is gone: the main thread finds out by itself."""
    before = threading.excepthook

    def hook(ended: threading.ExceptHookArgs) -> None:
        if not (isinstance(ended.exc_value, BrokenPipeError) and streams.reader_is_gone()):
            before(ended)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before
