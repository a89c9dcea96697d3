"""How is a model trained well on the machine at hand? Optimizers, schedules, the loop, run records."""
