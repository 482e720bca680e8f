package threatmodel

var podSteps []*Step
