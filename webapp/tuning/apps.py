from django.apps import AppConfig


class TuningConfig(AppConfig):
    name = "webapp.tuning"
    label = "tuning"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.core.sweeping import sweeping
        from webapp.tuning.keeping import sweep

        sweeping.connect(sweep, dispatch_uid="tuning")
