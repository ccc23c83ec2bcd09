from webapp import environment as env

OPENVERSE_URL = env.text("OPENVERSE_URL", "https://api.openverse.org").rstrip("/")
