package verify

var accessChecks = []*Check{
	wireGuard,
	jumpBox,
	kubeconfig,
	breakGlass,
}
