from django.apps import AppConfig


class SimilarConfig(AppConfig):
    name = "webapp.similar"
    label = "similar"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.core.sweeping import sweeping
        from webapp.similar import map_work

        sweeping.connect(map_work.sweep, dispatch_uid="similar.maps")
