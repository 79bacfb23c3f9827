"""Which snapshot answers: opening, testing, swapping."""
