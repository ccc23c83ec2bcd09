from webapp import environment as env

COLLECT_FOLDER = env.text("COLLECT_FOLDER")
