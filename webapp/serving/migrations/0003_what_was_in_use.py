import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def begin_history(apps, _editor):
    """What answers now has done so since it was made, as far as anybody knows."""
    Model, Publication = apps.get_model("serving", "Model"), apps.get_model("serving", "Publication")
    for model in Model.objects.filter(published=True).select_related("run").only("project_id", "created", "run__number").iterator():
        row = Publication.objects.create(project_id=model.project_id, model_id=model.id, number=model.run.number, cause="trained")
        Publication.objects.filter(id=row.id).update(created=model.created)


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0001_initial"),
        ("serving", "0002_none_of_these"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(model_name="model", name="finding", field=models.JSONField(blank=True, null=True)),
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(blank=True, null=True)),
                ("cause", models.CharField(max_length=16)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("before", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="serving.model")),
                ("by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("model", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="publications", to="serving.model")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="publications", to="projects.project")),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.RunPython(begin_history, migrations.RunPython.noop),
    ]
