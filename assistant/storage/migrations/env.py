"""Run by Alembic: the revisions, in the transaction of the connection that `schema.upgrade` hands over."""

from alembic import context

from assistant.storage.schema import VERSIONS
from assistant.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSIONS)
with context.begin_transaction():
    context.run_migrations()
