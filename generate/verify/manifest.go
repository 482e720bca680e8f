package verify

// manifestChecks judge what is applied to the cluster.
var manifestChecks = []*Check{
	objectsCheck,
	networkPolicyCheck,
}
