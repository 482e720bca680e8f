package generate

var nodeGenerators = []*Generator{}
