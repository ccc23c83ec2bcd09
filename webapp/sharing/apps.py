from django.apps import AppConfig
from django.db.models.signals import post_save


class SharingConfig(AppConfig):
    name = "webapp.sharing"
    label = "sharing"

    def ready(self) -> None:
        # here, because models can be imported only now
        from webapp.projects.models import Project
        from webapp.serving.answered import camera_opened
        from webapp.sharing.services import note_camera, note_sharing

        post_save.connect(note_sharing, sender=Project, dispatch_uid="sharing.note_sharing")
        camera_opened.connect(note_camera, dispatch_uid="sharing.note_camera")
