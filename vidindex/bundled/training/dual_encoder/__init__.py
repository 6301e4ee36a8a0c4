"""Train the bundled dual encoder of pictures and texts on generated scenes."""
