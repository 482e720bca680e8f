package generate

var accessGenerators = []*Generator{}
