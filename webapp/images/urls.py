app_name = "images"
urlpatterns: list = []
