from django.db import migrations, models

import webapp.sharing.models


def give_addresses(apps, schema_editor):
    """What is shared already gets its row, and each row an address of its own."""
    Project, Sharing = apps.get_model("projects", "Project"), apps.get_model("sharing", "Sharing")
    for project in Project.objects.filter(visibility__in=("unlisted", "public"), sharing=None):
        Sharing.objects.create(project=project)
    for sharing in Sharing.objects.filter(code=None):
        sharing.code = webapp.sharing.models.new_code()
        sharing.save(update_fields=["code"])


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0001_sharing'),
    ]

    operations = [
        migrations.AddField(
            model_name='sharing',
            name='code',
            field=models.CharField(max_length=12, null=True),
        ),
        migrations.RunPython(give_addresses, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='sharing',
            name='code',
            field=models.CharField(default=webapp.sharing.models.new_code, max_length=12, unique=True),
        ),
    ]
