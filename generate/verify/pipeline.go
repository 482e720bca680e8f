package verify

var pipelineChecks = []*Check{
	pipelineCI,
	backupCheck,
	codeOwners,
}
