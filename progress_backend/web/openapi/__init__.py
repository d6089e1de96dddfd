"""OpenAPI's description of the API: request and response bodies, texts and examples."""
