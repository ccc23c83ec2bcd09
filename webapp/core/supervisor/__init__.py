"""`manage.py up`: all processes of one machine in one terminal."""
