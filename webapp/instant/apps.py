from django.apps import AppConfig
from django.db.models.signals import post_delete


class InstantConfig(AppConfig):
    name = "webapp.instant"
    label = "instant"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.images.services import changed
        from webapp.instant.services import label_went, pictures_changed
        from webapp.projects.models import Label

        changed.connect(pictures_changed, dispatch_uid="instant")
        post_delete.connect(label_went, sender=Label, dispatch_uid="instant")
