"""REST version 1: the contract that other programs drive AI Maker by. One file per resource."""

from ninja import NinjaAPI

api = NinjaAPI(title="AI Maker", version="1", urls_namespace="api")
