package threatmodel

var nodeSteps []*Step
