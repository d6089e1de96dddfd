"""The uvicorn server of the API, with bounds for its connections."""
