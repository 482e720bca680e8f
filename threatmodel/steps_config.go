package threatmodel

var configSteps []*Step
