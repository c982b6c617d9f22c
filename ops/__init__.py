"""Operations: the commands that prove, repair, fill and look after a deployed stack.

They use the sync's own package, `changefeed`, which lives in the images' build context: so that is put on the path,
once, here, and `python -m ops` works from a plain checkout.
"""

import sys
from pathlib import Path

_IMAGES = str(Path(__file__).resolve().parent.parent / "images")
if _IMAGES not in sys.path:
    sys.path.append(_IMAGES)
