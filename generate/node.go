package generate

var nodeGenerators = []*Generator{
	nodeFiles,
}
