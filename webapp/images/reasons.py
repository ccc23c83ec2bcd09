"""Why a picture is not taken, as sentences for people. The rows keep the reason; the sentence is made when it is read, in the reader's language."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "empty_file": _("The file is empty. Save the picture again and send it once more."),
    "file_too_big": _("The picture is larger than 20 MB. Make it smaller and send it again."),
    "not_a_picture": _("This is not a picture that can be read here, whatever its name says. Open it, save it as JPG and send that."),
    "is_html": _("This is a web page, not a picture. Open the page, save the picture itself and send that."),
    "is_svg": _("This is an SVG drawing. Export it as PNG and send that."),
    "is_pdf": _("This is a PDF document. Save its picture as JPG and send that."),
    "is_bmp": _("This is a BMP picture. Save it as JPG and send that."),
    "is_tiff": _("This is a TIFF picture. Save it as JPG and send that."),
    "is_video": _("This is a video. Take a picture from it, save that as JPG and send it."),
    "is_archive": _("This is an archive inside an archive, or one of a kind we cannot open. Unpack it and send the pictures in one ZIP."),
    "too_many_pixels": _("The picture has more than 40 megapixels. Make it smaller and send it again."),
    "too_long": _("The picture is longer than 12,000 pixels on one side. Make it smaller and send it again."),
    "too_small": _("The picture is smaller than 16 pixels on one side: there is nothing to learn from it. Send a larger one."),
    "damaged": _("The picture is damaged or cut short. Copy it again from where it came and send it once more."),
    "too_complex": _("The picture is built in such a way that reading it takes too much memory or time. Save it again as an ordinary JPG and send that."),
    "took_too_long": _("Reading the picture took too long. Save it again as an ordinary JPG and send that."),
    "decoder_died": _("Reading the picture went wrong. Save it again as an ordinary JPG and send that."),
    "taken_down": _("This picture was taken down and is not taken in again. Choose another one."),
    "label_gone": _("The label of this picture was deleted meanwhile. Make the label again and send the picture once more."),
}


def sentence(reason: str) -> str:
    """What to tell a person about a reason, in the language in use."""
    return str(SENTENCES[reason])
