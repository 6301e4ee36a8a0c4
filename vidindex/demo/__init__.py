"""The demo: a small library made from nothing, with the main job done on it."""
