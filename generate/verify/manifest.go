package verify

var manifestChecks = []*Check{}
