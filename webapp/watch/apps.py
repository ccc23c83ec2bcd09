from django.apps import AppConfig
from django.db.models.signals import post_save


class WatchConfig(AppConfig):
    name = "webapp.watch"
    label = "watch"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.core.sweeping import sweeping
        from webapp.serving.answered import answered
        from webapp.watch import reporting, secrets, trails
        from webapp.watch.numbers import hear

        secrets.hide_ours()
        reporting.begin()
        post_save.connect(trails.note, dispatch_uid="watch")
        sweeping.connect(trails.forget_old, dispatch_uid="watch")
        answered.connect(hear, dispatch_uid="watch")
