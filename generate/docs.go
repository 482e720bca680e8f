package generate

var docsGenerators = []*Generator{}
