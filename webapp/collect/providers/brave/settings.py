from webapp import environment as env

BRAVE_URL = env.text("BRAVE_URL", "https://api.search.brave.com").rstrip("/")
BRAVE_KEY = env.text("BRAVE_KEY")
