from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("serving", "0001_initial")]

    operations = [migrations.AddField(model_name="model", name="keep", field=models.FloatField(default=0.95))]
