package generate

var accessGenerators = []*Generator{
	wireGuard,
	jumpBox,
	peopleKubeconfig,
	accessGuide,
}
