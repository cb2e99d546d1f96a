"""How dates and numbers are written, by language: found through `FORMAT_MODULE_PATH`."""
