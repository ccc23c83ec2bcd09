app_name = "similar"
urlpatterns: list = []
