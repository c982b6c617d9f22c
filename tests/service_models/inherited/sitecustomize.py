"""Switches the watch on in a Python process that the tests start, however deep: its folder is in their PYTHONPATH.

Nothing is imported before the process itself imports botocore: tests look at what a cold start imports. Only for that
moment the project is in the process's path; an image's code doesn't see what the image lacks.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = str(Path(__file__).parents[3])


class AfterBotocore:
    """A finder of imports that waits for botocore's check of parameters."""

    def find_spec(self, name: str, path: Sequence[str] | None, _target: Any = None) -> ModuleSpec | None:
        """Lets the module be loaded as ever, and switches the watch on at its end."""
        spec = PathFinder.find_spec(name, path) if name == "botocore.validate" else None
        if spec is None or spec.loader is None:
            return None
        sys.meta_path.remove(self)
        loader = spec.loader
        load = loader.exec_module

        def loaded(module: ModuleType) -> None:
            load(module)
            sys.path.append(ROOT)
            try:
                from tests.service_models.watch import switch_on

                switch_on()
            finally:
                sys.path.remove(ROOT)

        loader.exec_module = loaded  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, AfterBotocore())
