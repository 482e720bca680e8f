package threatmodel

var organisationSteps []*Step
