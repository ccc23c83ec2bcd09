from django.urls import path

from webapp.fleet import views

app_name = "fleet"
urlpatterns = [
    path("fleet/", views.page, name="page"),
    path("fleet/start", views.start, name="start"),
    path("fleet/start/back", views.want_none, name="want_none"),
    path("fleet/pause", views.pause, name="pause"),
    path("fleet/resume", views.resume, name="resume"),
    path("fleet/machines/<uuid:machine_id>/on", views.switch_on, name="on"),
    path("fleet/machines/<uuid:machine_id>/off", views.switch_off, name="off"),
    path("fleet/machines/<uuid:machine_id>/back", views.take_back, name="take_back"),
]
