"""What the image, the compose file and real containers of Celery's parts do."""
