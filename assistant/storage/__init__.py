"""What people leave behind, in a database: the only home of SQLAlchemy, Alembic and argon2."""
