"""What does size cost? Parameters and floating-point operations of a configuration."""
