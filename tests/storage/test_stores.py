"""All stores together, as the service opens them: nothing happens before the first use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from assistant.config import ROOT, Settings
from assistant.domain.conversations import Role
from assistant.storage.counts import Count
from assistant.storage.stores import open_stores
from tests.storage.conftest import NOON, Clock, answer

PASSWORD = "żółta łódź podwodna"
PESEL = "44051401359"


def test_opening_stores_loads_no_library_and_makes_no_file(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from assistant.config import Settings\n"
        "from assistant.storage.stores import open_stores\n"
        "open_stores(Settings(data=pathlib.Path(sys.argv[1]) / 'data'))\n"
        "print(sorted({'sqlalchemy', 'alembic', 'argon2', 'psycopg'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []


def test_all_stores_share_one_database_and_one_clock(address: str, clock: Clock, tmp_path: Path) -> None:
    stores = open_stores(Settings(database=address), clock, lambda text: text.replace(PESEL, "[PESEL]"))
    stores.database.upgrade()
    visit = stores.visits.of(stores.visits.begin(""))
    made = stores.conversations.create(visit, "pl")
    message = stores.conversations.add(visit, made.id, answer(f"PESEL {PESEL}"))
    assert message.answer.question == "PESEL [PESEL]"
    assert stores.conversations.read(visit, made.id).messages == (message,)
    assert stores.accounts.create("ala", PASSWORD, Role.ADMIN).created_at == NOON
    assert stores.switch.state().open
    assert stores.feedback.entries(NOON) == []
    assert stores.gaps.groups(NOON, 1, lambda text: frozenset(text.split())) == []
    stores.counts.note([Count(NOON.date(), "page", "", "pl", "answered", 1)])
    assert set(stores.retain().values()) == {0}
    assert len(stores.addresses.hash("192.0.2.7")) == 64

    erased = stores.erase([made.id], "ala")
    assert (erased.conversations, erased.messages, erased.texts) == (1, 1, ("PESEL [PESEL]",))
    assert stores.prove([tmp_path], [*erased.ids, PESEL]).hits == ()
    (entry,) = stores.audit.entries()
    assert (entry.action, entry.details) == ("conversations_erased", {"conversations": "1", "messages": "1"})
    stores.database.close()
