from django.apps import AppConfig


class OperateConfig(AppConfig):
    name = "webapp.operate"
    label = "operate"
