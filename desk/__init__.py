"""The people: where human agents pick up the conversations that were handed to them. Nothing of it is built yet."""
