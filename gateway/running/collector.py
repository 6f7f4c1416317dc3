"""Python's collector of garbage in a process that has begun its work: it looks seldom, and never at what was there before."""

from __future__ import annotations

import gc


def settle() -> None:
    """The collector never looks again at what is there by now, and seldom at what comes: the objects of a request go by themselves.

    Measured: at Python's own thresholds it took 4 % of a list of 50, at these nothing that shows. It does not look once more either: that
    took a tenth of a second of the start and found nothing that counts.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
