from django.apps import AppConfig


class SimilarConfig(AppConfig):
    name = "webapp.similar"
    label = "similar"
