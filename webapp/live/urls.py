from django.urls import path

from webapp.live import views

app_name = "live"
urlpatterns = [
    path("projects/<uuid:project_id>/camera/", views.project_camera, name="project_camera"),
    path("models/<uuid:model_id>/camera/", views.model_camera, name="model_camera"),
    path("models/<uuid:model_id>/model.onnx", views.network, name="network"),
    path("models/<uuid:model_id>/familiar", views.familiar, name="familiar"),
]
