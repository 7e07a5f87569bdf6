"""Container images: recipes of the catalogue made into reproducible, labelled images with a list of what is in them."""
