"""How a database gets its tables: one module a revision in `versions`, run by Alembic through `storage.schema`.

A new revision is a new module that names the one before as `down_revision`; those published stay as they are.
"""
