package verify

var pipelineChecks = []*Check{
	pipelineCI,
}
