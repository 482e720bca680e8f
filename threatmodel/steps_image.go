package threatmodel

var imageSteps []*Step
