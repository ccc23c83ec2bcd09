from django.urls import path

from webapp.bundles import views

app_name = "bundles"
urlpatterns = [
    path("models/<uuid:model_id>/take/", views.take, name="take"),
    path("models/<uuid:model_id>/take/<slug:format>/", views.one, name="one"),
    path("models/<uuid:model_id>/take/<slug:format>/make", views.make, name="make"),
    path("models/<uuid:model_id>/take/<slug:format>/cancel", views.cancel, name="cancel"),
    path("models/<uuid:model_id>/take/<slug:format>/model.zip", views.download, name="download"),
]
