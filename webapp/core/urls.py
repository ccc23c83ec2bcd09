from django.urls import path

from webapp.core import theme, views

app_name = "core"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("theme", theme.choose, name="theme"),
]
