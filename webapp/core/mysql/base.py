"""Django's backend for MySQL and MariaDB, with ids kept alike on both.

MariaDB has a type for UUIDs that refuses some values with an error (a made-up id in an address would be 500 instead of 404). MySQL has none, and ids are text there.
"""

from django.db.backends.mysql import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    has_native_uuid_field = False


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
