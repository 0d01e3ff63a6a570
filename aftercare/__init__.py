"""The front door: settings, command line, and the app that wires the other rooms together.

Only this room reads the environment; everything below gets what it needs through its constructor.
"""
