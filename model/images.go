package model

// imagesFile maps the images of a specification to their digests. The pipeline writes it.
const imagesFile = "images.bartizan.json"
