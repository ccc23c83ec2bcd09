"""Pure machine learning: pictures and labels in, a checked model folder out. Knows no Django, queue, network or database."""
