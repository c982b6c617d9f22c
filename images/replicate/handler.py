"""Lambda's entry for backfills; the walk of a segment is `changefeed.backfill`. Driven by `python -m ops backfill`."""

import os

from changefeed.backfill.function import BackfillEnvironment, backfill_function

handler = backfill_function(BackfillEnvironment.from_env(os.environ))
