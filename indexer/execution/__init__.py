"""Runs work in several processes (`parallel`) and shows its progress (`progress`)."""
