"""Input from an S3 object: copied to /tmp, read by DuckDB in a stream with a memory limit, sampled by seed.

Only from the places that the stack names. An object larger than the room in /tmp is refused before it is copied.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scilearn.aws_errors import error_code, is_transient
from scilearn.errors import PermanentError, TransientError
from scilearn.file_reader import read_file
from scilearn.limits import Limits
from scilearn.table import Table

SPARE_DISK_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ObjectInput:
    """`locations` are (bucket, key prefix); `directory` is the disk to copy to (None: the system's, /tmp)."""

    locations: Sequence[tuple[str, str]]
    client: Callable[[], Any]
    limits: Limits
    directory: Path | None = None

    def read(
        self, *, bucket: str, key: str, file_format: str, columns: Sequence[str] | None, max_rows: int, seed: int
    ) -> Table:
        """Reads the object's rows. Raises PermanentError or TransientError."""
        if not any(bucket == place and key.startswith(prefix) for place, prefix in self.locations):
            raise PermanentError("input_not_allowed", "Analyses may not read this bucket or prefix.")
        with tempfile.TemporaryDirectory(dir=self.directory) as folder:
            path = Path(folder) / ("input.gz" if key.endswith(".gz") else "input")
            self._copy(bucket, key, path)
            return read_file(
                path, file_format=file_format, columns=columns, max_rows=max_rows, seed=seed, limits=self.limits
            )

    def _copy(self, bucket: str, key: str, path: Path) -> None:
        try:
            answer = self.client().get_object(Bucket=bucket, Key=key)
        except Exception as error:
            raise _not_read(error) from None
        size = int(answer.get("ContentLength") or 0)
        room = shutil.disk_usage(path.parent).free - SPARE_DISK_BYTES
        if size > room:
            text = f"The object has {size} bytes and the function's /tmp has room for {max(0, room)}: raise its size."
            raise PermanentError("input_too_large", text)
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(answer["Body"], file, CHUNK_BYTES)
        except OSError as error:  # the disk; botocore's read errors are none
            raise TransientError("disk", f"The object could not be kept ({type(error).__name__}).") from None
        except Exception as error:
            raise TransientError("input_unavailable", f"The object broke off ({error_code(error)}).") from None
        if path.stat().st_size != size:
            raise TransientError("input_unavailable", "The object broke off.")


def _not_read(error: Exception) -> Exception:
    code = error_code(error)
    if is_transient(error):
        return TransientError("input_unavailable", f"S3 did not give the object ({code}).")
    if code in ("NoSuchKey", "NoSuchBucket", "404"):
        return PermanentError("input_missing", f"The object is not there ({code}).")
    if code in ("AccessDenied", "403", "KMS.DisabledException", "InvalidObjectState"):
        # S3 says AccessDenied for a missing key, too, when ListBucket is not allowed (GetObject, "Permissions").
        return PermanentError("input_denied", f"The object is not there or may not be read ({code}).")
    return PermanentError("input_unreadable", f"S3 refused to give the object ({code}).")
