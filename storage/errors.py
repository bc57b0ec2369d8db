"""What can go wrong with the database, and what to do about it.

    StorageError
    ├── DatabaseUnavailable      it cannot be reached, went away, or took too long
    │   └── DatabaseFull         its disk is full
    ├── SchemaError
    │   ├── SchemaTooNew         a newer Forewarn has migrated it
    │   └── SchemaTooOld         it has not been migrated yet
    ├── EmbeddedServerError      our own server does not start, or does not stop
    │   ├── FolderUnusable       its data folder cannot be used
    │   └── OtherMajor           its data folder belongs to another major version of Postgres
    ├── NotFound                 there is no such row
    └── BadCursor                a page was asked for with a cursor that we did not make

Beside it stands `domain.errors.LeaseLost`: somebody else holds the run, or the message, by now.
"""

from __future__ import annotations


class StorageError(Exception):
    """Something is wrong with the database."""


class DatabaseUnavailable(StorageError):
    """The database cannot be reached, went away in the middle, or took too long. Nothing was half done: try again."""


class DatabaseFull(DatabaseUnavailable):
    """The disk of the database is full: free some space there, then try again."""


class SchemaError(StorageError):
    """The tables are not those that this version of Forewarn works with."""


class SchemaTooNew(SchemaError):
    """A newer Forewarn has migrated this database."""


class SchemaTooOld(SchemaError):
    """This database has not been migrated yet."""


class EmbeddedServerError(StorageError):
    """The Postgres that Forewarn brings along does not start, or does not stop."""


class FolderUnusable(EmbeddedServerError):
    """The data folder of the embedded Postgres cannot be used."""


class OtherMajor(EmbeddedServerError):
    """The data folder belongs to another major version of Postgres."""


class NotFound(StorageError):
    """There is no such row."""


class BadCursor(StorageError):
    """The cursor of a page is not one that we made."""
