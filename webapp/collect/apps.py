from django.apps import AppConfig


class CollectConfig(AppConfig):
    name = "webapp.collect"
    label = "collect"
