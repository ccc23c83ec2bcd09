from django.urls import path

from webapp.bundles import views

app_name = "bundles"
urlpatterns = [
    path("models/<uuid:model_id>/take/", views.take, name="take"),
    path("models/<uuid:model_id>/take/<slug:key>/", views.one, name="one"),
    path("models/<uuid:model_id>/take/<slug:key>/make", views.make, name="make"),
    path("models/<uuid:model_id>/take/<slug:key>/cancel", views.cancel, name="cancel"),
    path("models/<uuid:model_id>/take/<slug:key>/model.zip", views.download, name="download"),
]
