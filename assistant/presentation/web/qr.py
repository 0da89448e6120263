"""An address as a QR code. Home of segno."""

from __future__ import annotations


def squares(text: str) -> list[str]:
    """Rows of the code, "1" for a dark square, without the light border of four that belongs around it."""
    import segno

    return ["".join(map(str, row)) for row in segno.make(text, error="m", micro=False).matrix]
