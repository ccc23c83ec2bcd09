from django.urls import path

from webapp.similar import views

app_name = "similar"
urlpatterns = [
    path("projects/<uuid:project_id>/similar/", views.find, name="find"),
    path("similar/", views.everywhere, name="everywhere"),
]
