from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    name = "webapp.core"
    label = "core"

    def ready(self) -> None:
        from webapp.core import again, collation, folding, one_key, plain_ids  # when all apps are there

        folding.register()
        connection_created.connect(again.watch)
        pre_migrate.connect(collation.settle, sender=self)
        pre_migrate.connect(plain_ids.settle, sender=self)
        post_migrate.connect(one_key.settle, sender=self)
