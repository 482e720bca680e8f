package generate

var docsGenerators = []*Generator{
	coverage,
	decisions,
	connectivity,
	exercises,
}
