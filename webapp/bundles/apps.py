from django.apps import AppConfig


class BundlesConfig(AppConfig):
    name = "webapp.bundles"
    label = "bundles"
