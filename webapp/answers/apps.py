from django.apps import AppConfig


class AnswersConfig(AppConfig):
    name = "webapp.answers"
    label = "answers"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.answers.keeping import pictures_deleted, sweep
        from webapp.answers.recorder import hear
        from webapp.core.sweeping import sweeping
        from webapp.images.services import deleted
        from webapp.serving.answered import answered

        answered.connect(hear, dispatch_uid="answers")
        deleted.connect(pictures_deleted, dispatch_uid="answers")
        sweeping.connect(sweep, dispatch_uid="answers")
