from django.urls import path

from webapp.serving import views

app_name = "serving"
urlpatterns = [
    path("projects/<uuid:project_id>/try/", views.try_project, name="try"),
    path("models/<uuid:model_id>/try/", views.try_model, name="try_model"),
]
