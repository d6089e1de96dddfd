"""A Django app with a template tag and no models: `"progress_backend.django"` in INSTALLED_APPS."""
