"""What does training emit? Energy metered or estimated, and the grams of CO2e that follow from it."""
