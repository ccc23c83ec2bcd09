from django.urls import path

from webapp.projects import views

app_name = "projects"
urlpatterns = [
    path("", views.front, name="front"),
    path("projects/", views.mine, name="mine"),
]
