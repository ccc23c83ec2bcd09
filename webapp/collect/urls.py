from django.urls import path

from webapp.collect import views

app_name = "collect"
urlpatterns = [
    path("labels/<uuid:label_id>/collect", views.start, name="start"),
    path("labels/<uuid:label_id>/words", views.other_words, name="words"),
    path("projects/<uuid:project_id>/collect", views.start_all, name="start_all"),
    path("collections/<uuid:collection_id>/", views.collection, name="collection"),
    path("collections/<uuid:collection_id>/cancel", views.cancel, name="cancel"),
]
