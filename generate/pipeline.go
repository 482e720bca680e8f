package generate

var pipelineGenerators = []*Generator{
	pipelineCI,
	backup,
	codeOwners,
}
