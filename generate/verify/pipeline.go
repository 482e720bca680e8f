package verify

var pipelineChecks = []*Check{}
