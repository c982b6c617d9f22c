"""Operations: the commands that prove, repair, fill and look after a deployed stack.

They use the images' own code (`changefeed`, `scilearn`), so its folder goes on the path with the first import of `ops`.
"""

import ops.images_path  # noqa: F401
