"""The web server for an ASGI server of your choice: `uvicorn app:app`. `assistant serve` does the same."""

from assistant.presentation.web.app import from_environment

app = from_environment()
