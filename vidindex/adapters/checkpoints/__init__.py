"""Read what a checkpoint folder holds, and what its licence is: for any kind of model."""
