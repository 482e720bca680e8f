package generate

// manifestGenerators write what is applied to the cluster. kustomization comes last: it lists what the others wrote.
var manifestGenerators = []*Generator{
	platform,
	admissionPolicy,
	signatures,
	people,
	namespace,
	quota,
	accounts,
	networkPolicy,
	guardRails,
	gateway,
	mesh,
	secrets,
	pullSecret,
	secretVolumes,
	workload,
	workloadPatch,
	gitOps,
	kustomization,
}
