"""The doors: each channel is a Rasa `InputChannel` that parses and authenticates what comes in.

`credentials.yml` names the channels and their settings.
"""
