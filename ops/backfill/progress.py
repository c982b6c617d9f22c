"""Says how far a backfill is: segments, items, rate, and the time left by DynamoDB's rough count of the items."""

from collections.abc import Callable

from ops.backfill.state import BackfillState


def shown_progress(begun: BackfillState, estimated_items: int) -> Callable[[BackfillState], str]:
    """Makes the words for a state; the rate is that of this run. `estimated_items` is 0 where it isn't known."""
    items_before, seconds_before = begun.items, begun.seconds

    def shown(state: BackfillState) -> str:
        done = sum(segment.done for segment in state.segments)
        parts = [f"{done} of {len(state.segments)} segments"]
        of = f" of about {estimated_items:,}" if estimated_items > state.items else ""
        parts.append(f"{state.items:,}{of} items")
        seconds = state.seconds - seconds_before
        rate = (state.items - items_before) / seconds if seconds else 0.0
        if rate:
            parts.append(f"{rate:,.0f}/s")
            if of:
                parts.append(f"about {(estimated_items - state.items) / rate:,.0f} s left")
        return ", ".join(parts)

    return shown
