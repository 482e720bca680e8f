package verify

var nodeChecks = []*Check{}
