"""Runs MiniStack in this process, with what its release lacks.

`MiniStack` starts it with a command that puts this project on the process's own path only: functions inherit the
process's environment, and must not find the project there.
"""

import os

from ministack.app import main

from local.services import ministack_additions, ministack_authorization


def run() -> None:
    """Adds everything and serves until the process is ended."""
    if os.environ["AUTH"] == "true":  # first: it wraps MiniStack's own functions
        ministack_authorization.authorise_as_aws_does()
    ministack_additions.add_template_values()
    ministack_additions.keep_request_ids()
    ministack_additions.shape_stream_records()
    ministack_additions.leave_memory_out()
    main()
