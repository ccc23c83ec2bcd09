from webapp import environment as env

COMMONS_URL = env.text("COMMONS_URL", "https://commons.wikimedia.org").rstrip("/")
