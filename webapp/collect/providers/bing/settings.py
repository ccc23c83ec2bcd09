from webapp import environment as env

BING_ENDPOINT = env.text("BING_ENDPOINT").rstrip("/")
BING_KEY = env.text("BING_KEY")
