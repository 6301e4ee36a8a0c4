"""Send requests to endpoints that the user named: for any kind of model."""
