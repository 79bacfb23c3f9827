"""Runs work in several processes (`parallel`) and shows how far it is (`progress`)."""
