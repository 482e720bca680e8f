package verify

var clusterChecks = []*Check{}
