"""The demo's offers, prices, content, decided places and experiment. Each step leaves alone what is there already."""
