"""Understanding, as Rasa graph components: the importer of training data, the identifier of languages, one pipeline a
language, tokenizers, features, the classifier of intents and the extractor of entities."""
