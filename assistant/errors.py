"""Every failure the assistant names, as one tree.

AssistantError
├── UsageError                 the command was given something it cannot take
├── ConfigError                a setting is unknown or out of range
├── QuestionError              a question that cannot be read at all (not text)
├── DocumentError              one file; never stops the others
│   ├── UnreadableDocument     damaged, empty, wrong type, too large, no text
│   ├── EncryptedDocument      needs a password
│   ├── DangerousDocument      bomb, macro, entity expansion, link out of the corpus
│   └── ParserLimit            memory, time or page limit reached
├── CorpusMissing              the folder of documents is not there or cannot be read
├── DatasetError               an evaluation file that does not fit its layout
├── DialogueError              a definition of a guided mode that is broken
├── DialogueMissing            no guided mode of this name
├── ReplyError                 a reply that its step cannot take
├── IndexError_                the searchable index
│   ├── IndexMissing           nothing built yet
│   ├── IndexMismatch          built with another embedder, recipe or version
│   ├── IndexDamaged           files do not match their manifest
│   ├── IndexBusy              another writer holds the lock
│   └── IndexStorage           disk full, read-only, no permission
├── EmbedderUnavailable        weights or endpoint cannot be used
├── MissingExtra               an optional package is not installed
├── MissingLibrary             a library of the operating system is not installed
├── StorageError               conversations, feedback, accounts
│   ├── DatabaseUnavailable    locked, read-only, full, gone
│   └── DatabaseMismatch       another version's tables
└── RequestError               what somebody asked of a server
    ├── BadRequest             not JSON, not UTF-8, too deep, wrong fields
    ├── WrongMethod            the address has no such method
    ├── WrongType              another content type than JSON
    ├── TooLarge               a body over its limit
    ├── ForeignOrigin          another web site asks in a person's name
    ├── VisitMissing           no visit, or it has ended
    ├── RunMissing             no guided run has this code
    ├── WorkshopMissing        no workshop has this code
    ├── WorkshopClosed         nobody may join it now
    ├── WorkshopFull           as many joined as may
    ├── SignInRefused          name or password wrong, or no session
    ├── RoleMissing            the account may not do this
    ├── NotThere               no such thing, or not this person's
    ├── TooManyTries           a limit per person, address or site
    ├── Overloaded             the queue is full
    ├── Preparing              the first index is being built
    ├── ProviderUnavailable    the sign-in provider does not answer as it should
    └── SwitchedOff            the operator closed the public surfaces

An error carries a `code` and named details; its sentences, in Polish and English, live in
`prompts/ui/*.toml` under `[errors.<code>]` as `message` and `hint` and may use the details as
`{name}`. `tests/test_errors.py` fails when a code has no sentence or a sentence asks for a detail
that the class does not promise. Exit codes follow sysexits(3); HTTP statuses serve the API.
"""

from __future__ import annotations

from typing import Any, ClassVar


class AssistantError(Exception):
    """Base of the tree. `details` fill the sentences of the error's code."""

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 70
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    fields: ClassVar[tuple[str, ...]] = ("reason",)

    def __init__(self, **details: Any) -> None:
        missing = [name for name in self.fields if name not in details]
        if missing:
            raise TypeError(f"{type(self).__name__} needs {', '.join(missing)}")
        self.details = details
        super().__init__(f"{self.code}: " + ", ".join(f"{k}={v}" for k, v in details.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive the trip out of a parser's subprocess."""
        return _rebuild, (type(self), self.details)


def _rebuild(kind: type[AssistantError], details: dict[str, Any]) -> AssistantError:
    return kind(**details)


class UsageError(AssistantError):
    """A command's argument cannot be used."""

    code, exit_code, http_status = "usage", 2, 422


class ConfigError(AssistantError):
    """A setting is unknown, of the wrong kind or out of range; names it and where it came from."""

    code, exit_code = "config", 78
    fields = ("setting", "reason")


class QuestionError(AssistantError):
    """The question is not text (an unreadable line of a batch)."""

    code, exit_code, http_status = "question", 65, 422


class DocumentError(AssistantError):
    """One file cannot be taken in; `path` as the user knows it."""

    code, exit_code, http_status = "document", 65, 422
    fields = ("path", "reason")


class UnreadableDocument(DocumentError):
    """Damaged, empty, of another type than its name says, or without any text."""

    code = "document_unreadable"


class EncryptedDocument(DocumentError):
    """Needs a password."""

    code = "document_encrypted"


class DangerousDocument(DocumentError):
    """A bomb, a macro, an entity expansion, a link that leaves the corpus."""

    code = "document_dangerous"


class ParserLimit(DocumentError):
    """Parsing passed its memory, time or page limit."""

    code = "document_limit"


class CorpusMissing(AssistantError):
    """The folder of documents is not there or cannot be read."""

    code, exit_code = "corpus_missing", 66
    fields = ("path", "reason")


class DatasetError(AssistantError):
    """An evaluation file does not fit its layout; names file and line."""

    code, exit_code, http_status = "dataset", 65, 422
    fields = ("path", "reason")


class DialogueError(AssistantError):
    """A definition of a guided mode is broken; names file, line and key. The other modes still run."""

    code, exit_code = "dialogue", 65
    fields = ("path", "line", "at", "reason")


class DialogueMissing(AssistantError):
    """No guided mode has this name."""

    code, exit_code, http_status = "dialogue_missing", 66, 404
    fields = ("name",)


class ReplyError(AssistantError):
    """A reply that its step cannot take; `reason` is a key of [reply_problems], filled by the other details."""

    code, exit_code, http_status = "reply", 65, 422
    fields = ("step", "reason")


class IndexError_(AssistantError):
    """Family of the searchable index's failures."""

    code, exit_code, http_status = "index", 70, 503


class IndexMissing(IndexError_):
    """No generation has been built in this folder."""

    code, exit_code, retryable = "index_missing", 66, True
    fields = ("path",)


class IndexMismatch(IndexError_):
    """The generation was built with another embedder, recipe or format."""

    code, exit_code = "index_mismatch", 78
    fields = ("what", "built", "wanted")


class IndexDamaged(IndexError_):
    """Files of the generation do not match its manifest."""

    code, exit_code = "index_damaged", 65
    fields = ("generation", "reason")


class IndexBusy(IndexError_):
    """Another process is writing; EX_TEMPFAIL."""

    code, exit_code, retryable = "index_busy", 75, True
    fields = ("pid", "since")


class IndexStorage(IndexError_):
    """The disk is full, read-only or refuses access."""

    code, exit_code, http_status = "index_storage", 74, 507
    fields = ("path", "reason")


class EmbedderUnavailable(AssistantError):
    """The embedding model or endpoint cannot be used; `setting` names what chose it."""

    code, exit_code, http_status, retryable = "embedder_unavailable", 69, 503, True
    fields = ("setting", "reason")


class MissingExtra(AssistantError):
    """An optional package is not installed; `extra` is the name in pyproject.toml."""

    code, exit_code, http_status = "missing_extra", 69, 501
    fields = ("package", "extra")


class MissingLibrary(AssistantError):
    """A library of the operating system is not installed; what needs it says which."""

    code, exit_code, http_status = "missing_library", 69, 501


class StorageError(AssistantError):
    """Family of the database's failures."""

    code, exit_code, http_status = "storage", 74, 503


class DatabaseUnavailable(StorageError):
    """Locked, read-only, full or gone."""

    code, retryable = "database_unavailable", True


class DatabaseMismatch(StorageError):
    """The tables belong to another version."""

    code, exit_code = "database_mismatch", 78
    fields = ("built", "wanted")


class RequestError(AssistantError):
    """Family of requests that are not served as asked."""

    code, exit_code, http_status = "request", 65, 400


class BadRequest(RequestError):
    """Not JSON, not UTF-8, nested too deep, or a field missing, unknown or out of range; names it."""

    code, http_status = "bad_request", 422


class WrongMethod(RequestError):
    """The address is there, the method is not."""

    code, http_status = "wrong_method", 405
    fields = ("allowed",)


class WrongType(RequestError):
    """The body is not sent as application/json."""

    code, http_status = "wrong_type", 415
    fields = ()


class TooLarge(RequestError):
    """The body is larger than `limit` kilobytes."""

    code, http_status = "too_large", 413
    fields = ("limit",)


class ForeignOrigin(RequestError):
    """A page of another origin sent the request."""

    code, http_status = "foreign_origin", 403
    fields = ()


class VisitMissing(RequestError):
    """There is no such visit, or it has ended."""

    code, http_status = "visit_missing", 401
    fields = ()


class RunMissing(RequestError):
    """No run of a guided mode has this code, or it was kept long enough."""

    code, exit_code, http_status = "run_missing", 66, 404
    fields = ()


class WorkshopMissing(RequestError):
    """No workshop has this code, or it was kept long enough."""

    code, exit_code, http_status = "workshop_missing", 66, 404
    fields = ()


class WorkshopClosed(RequestError):
    """The facilitator has closed the workshop."""

    code, http_status = "workshop_closed", 409
    fields = ()


class WorkshopFull(RequestError):
    """As many people as may have joined."""

    code, http_status = "workshop_full", 409
    fields = ("limit",)


class SignInRefused(RequestError):
    """The name or the password is wrong, or the session has ended."""

    code, exit_code, http_status = "sign_in_refused", 77, 401
    fields = ()


class RoleMissing(RequestError):
    """The account's role does not allow this."""

    code, exit_code, http_status = "role_missing", 77, 403
    fields = ()


class NotThere(RequestError):
    """There is no such thing, or it belongs to somebody else; nobody learns which."""

    code, http_status = "not_there", 404
    fields = ()


class TooManyTries(RequestError):
    """A limit per person, address or site is reached; over in `seconds`."""

    code, exit_code, http_status, retryable = "too_many_tries", 75, 429, True
    fields = ("seconds",)


class Overloaded(RequestError):
    """Everybody is being served and the queue is full; worth trying again in `seconds`."""

    code, exit_code, http_status, retryable = "overloaded", 75, 503, True
    fields = ("seconds",)


class Preparing(RequestError):
    """The first index is being built."""

    code, exit_code, http_status, retryable = "preparing", 75, 503, True
    fields = ("seconds",)


class ProviderUnavailable(RequestError):
    """The OpenID Connect provider does not answer as it should."""

    code, exit_code, http_status, retryable = "provider_unavailable", 69, 503, True


class SwitchedOff(RequestError):
    """The operator closed the public surfaces and says why."""

    code, exit_code, http_status = "switched_off", 75, 503
    fields = ("reason",)


def tree(root: type[AssistantError] = AssistantError) -> list[type[AssistantError]]:
    """Every class of the tree, parents before children."""
    return [root] + [kind for child in root.__subclasses__() for kind in tree(child)]
