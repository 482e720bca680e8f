package generate

var manifestGenerators = []*Generator{}
