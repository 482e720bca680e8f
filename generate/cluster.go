package generate

var clusterGenerators = []*Generator{}
