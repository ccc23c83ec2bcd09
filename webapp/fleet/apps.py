from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "webapp.fleet"
    label = "fleet"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.core.sweeping import sweeping
        from webapp.fleet.forgetting import forget_old

        sweeping.connect(forget_old, dispatch_uid="fleet")
