from django.urls import path

from webapp.tuning import views

app_name = "tuning"
urlpatterns = [
    path("models/<uuid:model_id>/speed/", views.speed, name="speed"),
    path("models/<uuid:model_id>/speed/start", views.start, name="start"),
    path("models/<uuid:model_id>/speed/back", views.back, name="back"),
    path("tunings/<uuid:tuning_id>/", views.progress, name="progress"),
    path("tunings/<uuid:tuning_id>/cancel", views.cancel, name="cancel"),
    path("tunings/<uuid:tuning_id>/use", views.use, name="use"),
]
