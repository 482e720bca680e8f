package model

// Word is a term of what Bartizan reads and prints. Each package explains its own; `bartizan explain` and the glossary in
// docs/ print them.
type Word struct {
	Name string   // as it is printed: "single point of failure"
	Also []string // other forms in which people meet it: "single fault"
	Doc  string   // one paragraph
	See  []string // what "bartizan explain" knows and says more: words, blocks, controls
}

// Words are the terms of specifications and of the files beside them.
var Words = []*Word{
	{
		Name: imagesFile, Also: []string{"images", "digest", "digests"},
		Doc: "The file beside the specification that gives each image its digest: an object from images, as they stand in the specification, to digests, " +
			"such as {\"registry.example.com/shop/cart:v1.4.2\": \"sha256:…\"}. The pipeline adds the line after it has pushed and signed the image. A tag can be moved to other " +
			"content, a digest cannot: validate warns about an image without one, and generate refuses it without --unresolved-images. A digest may also stand in the specification, after the tag.",
		See: []string{"workload.image", "image-digest", "pipeline"},
	},
	{
		Name: "*" + extHCL, Also: []string{"*" + extJSON, "specification", "spec"},
		Doc: "What you write. All files of one directory that end in " + extHCL + " or " + extJSON + " are one specification; their names and the order of the blocks do not matter. " +
			"bartizan fmt formats the native form, bartizan schema prints the JSON schema of the other.",
		See: []string{"language"},
	},
	{
		Name: "*" + extVarsHCL, Also: []string{"*" + extVarsJSON, "var-file", "--var-file"},
		Doc: "A file of values for variables: name = value lines, or a JSON object if the name ends in .json. It is named with --var-file; one that ends in " + autoVars + extVarsHCL + " or " +
			autoVars + extVarsJSON + " and stands beside the specification is read without being named.",
		See: []string{"variable"},
	},
	{
		Name: "address", Also: []string{"reference", "subject"},
		Doc: "The name of a block or of something in it: its kind and its labels, with dots between them: workload.shop.cart, workload.shop.cart.port.grpc, and with for_each workload.shop.worker[\"eu\"]. " +
			"Written without quotes it is a reference. The subject of a control is the address of the block that it protects.",
		See: []string{"language", "position"},
	},
	{
		Name: "control", Also: []string{"controls"},
		Doc: "Something that prevents, hinders or reveals an attack step, for one subject: default-deny for namespace.shop. It is proved, attested or absent. \"bartizan controls\" lists all of them.",
		See: []string{"proved", "attested", "absent", "claim"},
	},
	{
		Name: "weakening", Also: []string{"weak"},
		Doc: "A value of the specification that is weaker than what leaving it out gives. Each use needs an exception that names exactly it, with a reason, an owner and an end.",
		See: []string{"weakenings", "exception"},
	},
	{
		Name: "layer", Also: []string{"layers"},
		Doc: "Where a control or an attack step belongs: node, network, image, configuration and deployment, pod and container, organisation and process. NIST SP 800-190 and the guides of NSA and CISA divide the field so.",
		See: []string{"control", "attack step"},
	},
}
