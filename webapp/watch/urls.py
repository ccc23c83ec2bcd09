from django.urls import path

from webapp.watch import views

app_name = "watch"
urlpatterns = [
    path("metrics", views.metrics, name="metrics"),
    path("status/", views.status, name="status"),
]
