"""The API's roof: problem errors, health, OpenAPI and the root of the URL configuration."""
