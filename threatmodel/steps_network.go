package threatmodel

var networkSteps []*Step
