"""The description of the API: `/openapi.json` and `/docs`, made from the routes, their descriptions and the records."""
