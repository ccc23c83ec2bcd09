from django.urls import path, re_path

from webapp.api.adapters import aimaker2018, customvision, kserve, roboflow

app_name = "adapters"

ITERATION = r"^customvision/v3\.[01]/[Pp]rediction/(?P<project_id>[^/]+)/classify/iterations/(?P<name>[^/]+)"
MODEL, VERSION = "v2/models/<str:project_id>", "v2/models/<str:project_id>/versions/<str:version>"

urlpatterns = [
    path("image/classification/api", aimaker2018.classify, name="aimaker2018"),
    re_path(f"{ITERATION}/image$", customvision.by_image, name="customvision_image"),
    re_path(f"{ITERATION}/image/nostore$", customvision.by_image, name="customvision_image_nostore"),
    re_path(f"{ITERATION}/url$", customvision.by_url, name="customvision_url"),
    re_path(f"{ITERATION}/url/nostore$", customvision.by_url, name="customvision_url_nostore"),
    path("roboflow/model/registry", roboflow.registry, name="roboflow_registry"),
    path("roboflow/model/add", roboflow.add, name="roboflow_add"),
    path("roboflow/infer/classification", roboflow.infer, name="roboflow_infer"),
    path("roboflow/<str:project_id>/<str:version>", roboflow.classify, name="roboflow"),
    path("v2", kserve.server, name="v2"),
    path("v2/health/live", kserve.live, name="v2_live"),
    path("v2/health/ready", kserve.ready, name="v2_ready"),
    path(MODEL, kserve.about, name="v2_model"),
    path(f"{MODEL}/ready", kserve.model_ready, name="v2_model_ready"),
    path(f"{MODEL}/infer", kserve.infer, name="v2_infer"),
    path(VERSION, kserve.about, name="v2_version"),
    path(f"{VERSION}/ready", kserve.model_ready, name="v2_version_ready"),
    path(f"{VERSION}/infer", kserve.infer, name="v2_version_infer"),
]
