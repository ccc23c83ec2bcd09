from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "webapp.review"
    label = "review"

    def ready(self) -> None:
        # Models can be imported only when all apps are loaded.
        from webapp.images.services import deleted
        from webapp.review.services import check_what_is_left

        deleted.connect(check_what_is_left, dispatch_uid="review")
