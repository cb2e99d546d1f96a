"""Demo and simulation: seeds a demo deployment and plays synthetic worlds through the public API."""
