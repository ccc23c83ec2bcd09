from webapp import environment as env

SERPAPI_URL = env.text("SERPAPI_URL", "https://serpapi.com").rstrip("/")
SERPAPI_KEY = env.text("SERPAPI_KEY")
SERPAPI_SEARCHES = env.integer("SERPAPI_SEARCHES", 250, 1, 1_000_000)  # a month, by the plan that is paid for; the free one has 250
