from django.apps import AppConfig


class SimilarConfig(AppConfig):
    name = "webapp.similar"
    label = "similar"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.core.sweeping import sweeping
        from webapp.images.services import changed, deleted
        from webapp.similar import building, map_work

        changed.connect(building.pictures_changed, dispatch_uid="similar.changed")
        deleted.connect(building.pictures_deleted, dispatch_uid="similar.deleted")
        sweeping.connect(building.sweep, dispatch_uid="similar.indexes")
        sweeping.connect(map_work.sweep, dispatch_uid="similar.maps")
