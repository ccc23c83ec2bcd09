from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("ingest", "0001_initial"),
    ]

    operations = [
        migrations.AddField(model_name="upload", name="facts", field=models.JSONField(default=dict)),
        migrations.AddField(model_name="upload", name="label_chosen", field=models.BooleanField(default=False)),
        migrations.AddField(model_name="upload", name="language", field=models.CharField(blank=True, max_length=16)),
    ]
