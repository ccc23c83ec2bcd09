from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "webapp.ingest"
    label = "ingest"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.ingest import leaving
        from webapp.projects.services import deleting

        deleting.connect(leaving.files_of_project, dispatch_uid="ingest")
