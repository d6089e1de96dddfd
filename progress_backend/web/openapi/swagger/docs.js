// Draws the API's description with the Swagger UI that lies beside it; no other server is asked.
SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
});
