"""Opens the snapshot in force, tests it, and swaps it when a new one is published."""
