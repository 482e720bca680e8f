package generate

var pipelineGenerators = []*Generator{
	pipelineCI,
}
