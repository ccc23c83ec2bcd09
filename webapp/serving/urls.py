from django.urls import path

from webapp.serving import heat_views, views

app_name = "serving"
urlpatterns = [
    path("projects/<uuid:project_id>/try/", views.try_project, name="try"),
    path("models/<uuid:model_id>/try/", views.try_model, name="try_model"),
    path("models/<uuid:model_id>/heat/<uuid:image_id>", heat_views.heat, name="heat"),
]
