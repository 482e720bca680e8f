package generate

var docsGenerators = []*Generator{
	manifestsGuide,
	coverage,
	decisions,
	connectivity,
	exercises,
}
