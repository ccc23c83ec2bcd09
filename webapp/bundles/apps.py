from django.apps import AppConfig


class BundlesConfig(AppConfig):
    name = "webapp.bundles"
    label = "bundles"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.bundles.leaving import pictures_forgotten, sweep
        from webapp.core.sweeping import sweeping
        from webapp.serving.golden import forgotten

        forgotten.connect(pictures_forgotten, dispatch_uid="bundles")
        sweeping.connect(sweep, dispatch_uid="bundles")
