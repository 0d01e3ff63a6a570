"""Stock Rasa on this project's training data: its default pipeline and policies, its own stores and REST channel.

What runs here imports TensorFlow, and is started as a process of its own.
"""

REPORT = "training.json"
"""The file in the project's folder that says how its training went; there is none before it has ended."""
