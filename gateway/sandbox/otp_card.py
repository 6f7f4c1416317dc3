"""What is printed on an OTP card. How nevisIDM makes and prints cards is not public, so ours follow from the extId of the credential.

A card has ten columns and five rows, named as in `B3`; each cell holds six digits.
"""

import hashlib
from typing import Final

CELLS: Final = tuple(f"{column}{row}" for column in "ABCDEFGHIJ" for row in range(1, 6))


def answer_of(ext_id: str, cell: str) -> str:
    """The six digits in a cell of the card of a credential."""
    digest = hashlib.sha256(f"{ext_id}/{cell}".encode()).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06}"
