"""The assistant: what a message means, what happens next, and what is said.

`domain.yml` lists what it knows of; `data/` holds training examples and rules, `locales/` what it says in each
language, `nlu/` the components that understand, `actions/` what it does. Importing `bot.assistant` needs Rasa loaded
first (`bot.engine.import_rasa`), which takes seconds; `bot.reply` and `bot.directives` are for those who wait for its
answers without that.
"""
