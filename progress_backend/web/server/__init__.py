"""uvicorn, with bounds."""
