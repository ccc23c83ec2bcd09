from django.urls import path

from webapp.instant import views

app_name = "instant"
urlpatterns = [path("projects/<uuid:project_id>/instant", views.instant, name="instant")]
