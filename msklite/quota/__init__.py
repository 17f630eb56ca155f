"""How much may go through: rates and their limits."""
