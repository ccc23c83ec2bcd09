"""Why a file that was sent is not taken: the reasons of pictures, and those of archives and uploads."""

from django.utils.translation import gettext_lazy as _

from webapp.images import reasons

SENTENCES = reasons.SENTENCES | {
    "not_a_zip": _("This is not a ZIP file, whatever its name says. Pack the pictures into a ZIP and send that."),
    "damaged_zip": _("The ZIP is damaged or cut short. Make it again and send it once more."),
    "split_zip": _("The ZIP is one part of several. Pack the pictures into a single ZIP and send that."),
    "encrypted_zip": _("The ZIP has a password. Make it again without one and send that."),
    "zip_too_big": _("The ZIP is larger than 1 GB. Make several smaller ones and send them one after the other."),
    "unpacked_too_big": _("The ZIP holds more than 4 GB. Make several smaller ones and send them one after the other."),
    "too_many_files": _("The ZIP has more than 10,000 files. Make several smaller ones and send them one after the other."),
    "zip_bomb": _("The ZIP is packed in such a way that it would fill the disk. Make an ordinary ZIP of the pictures and send that."),
    "empty_zip": _("The ZIP has no files in it. Put pictures into folders, one folder for each label, and pack them again."),
    "unsafe_name": _("The name of this file leads out of the ZIP. Make the ZIP again with ordinary names."),
    "encrypted_entry": _("This file has a password. Make the ZIP again without one."),
    "not_a_file": _("This is a link or something else that is no file. Put the picture itself into the ZIP."),
    "unknown_packing": _("This file is packed in an uncommon way. Make the ZIP again with the ordinary method (Deflate)."),
    "packed_too_much": _("This file is packed in such a way that it would fill the disk. Put the picture itself into the ZIP."),
    "damaged_entry": _("This file is damaged inside the ZIP. Make the ZIP again and send it once more."),
    "label_needed": _("It is not said what this picture shows. Choose a label for it, or put it into a folder named like the label and send that as a ZIP."),
    "bad_label": _("The folder of this picture has a name that cannot be a label. Give it a name of 1 to 100 characters."),
    "too_many_labels": _("The ZIP has more folders than an AI can have labels (500). Use fewer folders."),
    "broken_list": _("This list is damaged, or not written as its name says. Export it again and send it once more."),
    "unsafe_list": _("This list has a document type with definitions of its own, which can do harm. Export it again without one."),
    "list_too_big": _("This list is too long to be read. Divide it into several and send them one after the other."),
    "list_without_pictures": _("The pictures that this list names are not among the files. Put the list and its pictures into one ZIP."),
    "not_in_list": _("The list does not say what this picture shows. Add a line for it, or send it with a label."),
    "not_needed": _("This is not a picture, and it was not needed."),
    "picture_not_there": _("The list names this picture, but it is not among the files. Put the list and its pictures into one ZIP."),
    "no_class": _("The list names this picture without saying what it shows. Add its label."),
    "several_classes": _("The list gives this picture several labels. Leave the one that fits best."),
    "not_an_address": _("This line is not an address that starts with http:// or https://. Put one address on each line."),
    "unreachable": _("There is no picture to be had at this address. Open it in a browser; if it shows there, save it and send the file."),
    "too_many_addresses": _("At most 5,000 addresses can be fetched at once. Send the others after these."),
    "addresses_later": _("Very many addresses were fetched for you in this hour. Send these again in an hour."),
    "file_gone": _("The file is no longer here. Send it again."),
}


def sentence(reason: str) -> str:
    """What to tell a person about a reason, in the language in use."""
    return str(SENTENCES[reason])
