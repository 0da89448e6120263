"""The security headers of each surface (SECURITY, recipe for the widget)."""

from __future__ import annotations

from collections.abc import Iterable

NOBODY = ("'none'",)
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "
)
DATA = "default-src 'none'; frame-ancestors 'none'; sandbox"
# a report brings its own style and pictures and runs nothing
REPORT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox allow-popups"
# Chromium shows a PDF in a page of its own, which a stricter policy leaves grey
PDF = "frame-ancestors 'none'"
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page(ancestors: Iterable[str] = NOBODY) -> str:
    """The content security policy of a page of ours, which only `ancestors` may embed."""
    return _PAGE + " ".join(ancestors)
