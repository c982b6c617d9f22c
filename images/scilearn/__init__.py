"""Analyses behind a queue: the client never waits. Start reading at `service.py`; an analysis is a file in `analyses/`.

One image, two functions: `handler.handler` analyses, `status_handler.handler` answers for a status and is light. Queue,
pipe, rights and variables are declared in infra; what users send and get is in docs/.
"""
