from collections import Counter
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from webapp.images import blocks
from webapp.images.models import Image
from webapp.takedown import services

SHOWN = 50


class Command(BaseCommand):
    help = "Take a picture down everywhere on this server, so that it does not come in again. Without --yes it only says what it found."

    def add_arguments(self, parser: CommandParser) -> None:
        one = parser.add_mutually_exclusive_group(required=True)
        one.add_argument("--image", metavar="ID", help="the id of a picture")
        one.add_argument("--source-url", metavar="URL", help="the address of the picture file")
        one.add_argument("--page-url", metavar="URL", help="the address of the page that it stands on")
        one.add_argument("--sha256", metavar="HASH", help="the SHA-256 of the picture as it is kept here (in exports, labels.csv names it)")
        parser.add_argument("--yes", action="store_true", help="take down what was found")

    def handle(self, *args, **options) -> None:
        meant = list(Image.objects.filter(asked(options)))
        images, claims = ([], meant) if options["source_url"] or options["page_url"] else (meant, [])
        found = services.copies(images, claims=claims)
        self.tell(found)
        if len(services.collected(claims)) < len(claims):
            self.stdout.write("Some only say that they are from there (uploads, imports). They go alone: name one by --image or --sha256 to take all with its bytes.")
        if not options["yes"]:
            self.stdout.write("Nothing is changed. Say --yes to take this down, and to keep it from coming in again.")
            return
        taken = services.take_down(images=images, claims=claims, marks=marks(options))
        self.stdout.write(f"{len(taken.images)} pictures are gone and do not come in again. {taken.models} runs learned from them and say so.")

    def tell(self, found: list[Image]) -> None:
        """Say where the pictures are, and who should hear of it."""
        for image in found[:SHOWN]:
            self.stdout.write(f"{image.id}  “{image.label.name}” in “{image.project.name}” of {image.project.owner.email or 'a guest'}  {image.source_url or image.name}")
        if len(found) > SHOWN:
            self.stdout.write(f"... and {len(found) - SHOWN} more")
        projects: Counter = Counter(image.project_id for image in found)
        runs = sum(len(services.learned(project, {str(image.id) for image in found if image.project_id == project})) for project in projects)
        self.stdout.write(f"Found {len(found)} pictures in {len(projects)} projects; {runs} runs learned from them.")


def asked(options: dict) -> Q:
    """The condition for the pictures that are meant; raises CommandError for what is no id."""
    if options["image"]:
        try:
            return Q(id=UUID(options["image"]))
        except ValueError as error:
            raise CommandError(f"{options['image']} is not the id of a picture.") from error
    if options["sha256"]:
        return Q(sha256=options["sha256"].lower())
    return Q(source_url=options["source_url"]) if options["source_url"] else Q(page_url=options["page_url"])


def marks(options: dict) -> list[str]:
    """What is kept out from now on, also where nothing was found."""
    address = options["source_url"] or options["page_url"]
    return [options["sha256"].lower()] if options["sha256"] else [blocks.address_mark(address)] if address else []
