package generate

var pipelineGenerators = []*Generator{}
