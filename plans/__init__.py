"""The tracking plan: which events the shop means to send, with what properties; what came undeclared is learned."""
