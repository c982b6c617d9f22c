"""PNG plots. matplotlib is imported here only, and only when a plot is drawn; its Agg canvas needs no display.

The Figure is made without pyplot, which keeps figures alive between invocations ("Embedding in a web application
server", matplotlib's user guide). Its cache is set to /tmp, the only place that a function can write.
"""

import io
import os
import tempfile

from scilearn.outcome import Draw


def png(draw: Draw) -> bytes:
    """Draws one plot as PNG, 960 by 600 pixels; the same drawing gives the same bytes."""
    os.environ.setdefault("MPLCONFIGDIR", tempfile.gettempdir())
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure.subplots())
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a dollar in a column's name is a dollar
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
