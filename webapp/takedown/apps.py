from django.apps import AppConfig


class TakedownConfig(AppConfig):
    name = "webapp.takedown"
    label = "takedown"
