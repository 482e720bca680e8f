package verify

// manifestChecks judge what is applied to the cluster.
var manifestChecks = []*Check{
	objectsCheck,
	podSecurityCheck,
	podContextCheck,
	podAccountCheck,
	podResourcesCheck,
	podImageCheck,
	podPlaceCheck,
	podNodeCheck,
	accountsCheck,
	peopleCheck,
	quotaCheck,
	gitOpsCheck,
	networkPolicyCheck,
	gatewayCheck,
	meshCheck,
	admissionPolicyCheck,
	signaturesCheck,
}
