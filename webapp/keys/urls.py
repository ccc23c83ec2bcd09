from django.urls import path

from webapp.keys import views

app_name = "keys"
urlpatterns = [
    path("projects/<uuid:project_id>/keys/", views.keys, name="keys"),
    path("keys/<uuid:key_id>/", views.key, name="key"),
    path("keys/<uuid:key_id>/rotate", views.rotate, name="rotate"),
    path("keys/<uuid:key_id>/revoke", views.revoke, name="revoke"),
]
