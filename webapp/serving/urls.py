from django.urls import path

from webapp.serving import heat_views, keep_views, publish_views, removal_views, views

app_name = "serving"
urlpatterns = [
    path("projects/<uuid:project_id>/try/", views.try_project, name="try"),
    path("models/<uuid:model_id>/try/", views.try_model, name="try_model"),
    path("projects/<uuid:project_id>/try/bring", views.bring, name="bring"),
    path("models/<uuid:model_id>/heat", heat_views.look, name="look"),
    path("models/<uuid:model_id>/heat/<uuid:image_id>", heat_views.heat, name="heat"),
    path("models/<uuid:model_id>/keep", keep_views.keep, name="keep"),
    path("projects/<uuid:project_id>/models/", publish_views.models, name="models"),
    path("projects/<uuid:project_id>/publishing", publish_views.publishing, name="publishing"),
    path("models/<uuid:model_id>/publish", publish_views.put_in_use, name="put_in_use"),
    path("publications/<int:publication_id>/undo", publish_views.take_back, name="take_back"),
    path("runs/<uuid:run_id>/delete", removal_views.remove_run, name="remove_run"),
    path("runs/<uuid:run_id>/restore", removal_views.bring_back_run, name="bring_back_run"),
]
