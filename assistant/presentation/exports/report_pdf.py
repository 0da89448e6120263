"""The page of a report as a PDF: tagged for screen readers (PDF/UA-1), with its language, outline and page numbers.

The only place that uses WeasyPrint. It may fetch nothing: the page has everything inside.
"""

from __future__ import annotations

import hashlib
import logging

from ...errors import MissingLibrary

VARIANT = "pdf/ua-1"


def as_pdf(page: str) -> bytes:
    """Of an HTML page. Raises MissingLibrary when the system has no Pango."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise MissingLibrary(reason=" ".join(str(error).split())[:200]) from None
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of every property that is for screens
    made: bytes | None = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf(
        pdf_variant=VARIANT, pdf_identifier=hashlib.sha256(page.encode()).digest()[:16]
    )
    assert made is not None  # there is no target to write to
    return made
