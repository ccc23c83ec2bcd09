"""The account page: tokens, and the ways to change password and address."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts.forms import TokenForm
from webapp.accounts.models import Token
from webapp.accounts.services import create_token, revoke_token
from webapp.core.errors import UserError
from webapp.core.toasts import say


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of a person; POST makes one and shows it in the answer, the only time it is known in plain."""
    guest = not request.user.is_authenticated or request.user.is_guest
    form = TokenForm(request.POST or None)
    if request.method == "GET" or guest or not form.is_valid():
        return account_page(request, form, guest, status=403 if guest and request.method == "POST" else 200)
    try:
        _token, plain = create_token(user=request.user, name=form.cleaned_data["name"])
    except UserError as error:
        form.add_error("name", str(error))
        return account_page(request, form, guest, status=error.status)
    return account_page(request, TokenForm(), guest, plain=plain)


def account_page(request: HttpRequest, form: TokenForm, guest: bool, *, plain: str = "", status: int = 200) -> HttpResponse:
    rows = [] if guest else request.user.tokens.order_by("revoked", "-created")[:100]
    return render(request, "accounts/tokens.html", {"form": form, "guest": guest, "plain": plain, "tokens": rows}, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, token_id) -> HttpResponse:
    """Revoke one of one's own tokens; somebody else's is not there."""
    token = get_object_or_404(Token, id=token_id, user=request.user)
    revoke_token(token=token)
    say(request, _("%(name)s can no longer use the API.") % {"name": token.name})
    return redirect("accounts:tokens")
