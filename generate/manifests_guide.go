package generate

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

var manifestsGuide = &Generator{
	Name: "manifests-guide",
	Doc: `in which order the manifests are applied, and what must be in the cluster before them

It reads which kinds the other generators have written, so that it names what is needed and nothing else.`,
	Run: runManifestsGuide,
}

// customResources are the groups of the kinds that are not Kubernetes' own, and who installs their definitions.
var customResources = []struct{ group, owner string }{
	{"argoproj.io", "Argo CD"},
	{"cilium.io", "Cilium, which its operator installs"},
	{"crd.antrea.io", "Antrea"},
	{"external-secrets.io", "External Secrets Operator"},
	{"gateway.networking.k8s.io", "Gateway API, standard channel"},
	{"k8s.ovn.org", "OVN-Kubernetes"},
	{"kustomize.toolkit.fluxcd.io", "Flux (kustomize-controller)"},
	{"networking.gke.io", "Google Kubernetes Engine"},
	{"networking.k8s.aws", "Amazon EKS, which installs them on Auto Mode"},
	{"policy.networking.k8s.io", "network policy API " + networkPolicyAPIVersion + ", standard channel; the experimental one where a policy has domainNames"},
	{"policy.sigstore.dev", "policy-controller"},
	{"projectcalico.org", "Calico Enterprise, whose API server has them"},
	{"secrets-store.csi.x-k8s.io", "Secrets Store CSI driver"},
	{"security.istio.io", "Istio, whose istiod it is"},
	{"source.toolkit.fluxcd.io", "Flux (source-controller)"},
}

// pluginSettings are what must be set elsewhere so that a network plugin does what the policies say. No file shows
// it, so no proof takes it.
// Sources: docs.tigera.io/calico-enterprise/latest/network-policy/domain-based-policy; ovn-kubernetes.io/features/network-security-controls/egress-firewall; sigs.k8s.io/kube-network-policies v1.1.0, pkg/cmd/cmd.go and pkg/dns; cloud.google.com/kubernetes-engine/docs/how-to/fqdn-network-policies and nodelocal-dns-cache; docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html, auto-net-pol.html and create-node-class.html.
var pluginSettings = map[model.CNI]string{
	model.CalicoEnterprise: `
Rules for DNS names believe the servers that ` + "`dnsTrustedServers`" + ` of FelixConfiguration names, which no file here does: leave its
default, the cluster's DNS.
`,
	model.OVNKubernetes: `
Rules for DNS names hold only where OVN-Kubernetes runs with ` + "`--enable-egress-firewall`" + `, which no file here does. It looks the names
up itself: where its DNS gives other addresses than that of the pods, these do not get through.
`,
	model.KubeNetworkPolicies: `
The network policies hold only once kube-network-policies runs on every node, which no file here installs, beside a network
plugin that routes pods' packets without a tunnel:

- in its release for ClusterNetworkPolicy, whose image ends in ` + "`-npa-v1alpha2`" + `, where rules for DNS names or guard rails are written;
- with ` + "`--fail-open=false`" + `: by itself it lets every packet pass while it does not run;
- with ` + "`--metrics-bind-address=127.0.0.1:9080`" + `: by itself anybody who reaches the node reads its figures.

It learns the addresses of a name from every DNS answer over UDP that it sees, for at most five minutes; from answers over TCP it
learns nothing. It encrypts nothing: that is the plugin's beside it.
`,
	model.AmazonVPCCNI: `
The network policies hold only once Amazon EKS is told so, which no file here does: in the configuration of the add-on ` + "`vpc-cni`" + `
write ` + "`enableNetworkPolicy: \"true\"`" + `. They hold on Linux nodes of EC2, not on Fargate. The plugin encrypts nothing: choose machines
between which EC2 encrypts.
`,
	model.EKSAutoMode: `
The network policies hold only once Amazon EKS Auto Mode is told so, which no file here does:

- the ConfigMap ` + "`amazon-vpc-cni`" + ` in ` + "`kube-system`" + ` has ` + "`enable-network-policy-controller: \"true\"`" + `;
- each ` + "`NodeClass`" + ` has ` + "`networkPolicy: DefaultDeny`" + ` or ` + "`DefaultAllow`" + `, and ` + "`podSubnetSelectorTerms`" + ` that select the subnets of the pods:
  rules by address tell nodes from pods only if they have subnets of their own;
- each ` + "`NodePool`" + ` gives its nodes the label ` + "`" + PoolLabel + "`" + `, with the name of the node_pool in the specification, and a dedicated one
  the taint of that name;
- no node is of another kind: elsewhere rules for DNS names do not hold, and the DNS is not on each node.

Auto Mode encrypts no traffic of pods: choose machines between which EC2 encrypts.
`,
	model.GKEDataplaneV2: `
The network policies hold as they are meant only in a cluster that Google is told to make so, which no file here does:

- ` + "`--enable-dataplane-v2`" + `, and ` + "`--enable-fqdn-network-policy`" + ` where workloads connect to DNS names. A policy holds for at most 50 addresses
  of its names;
- the DNS is kube-dns, without NodeLocal DNSCache: the policies let queries out to the pods of kube-dns alone. Autopilot always has
  the cache, and Cloud DNS answers at the metadata address;
- ` + "`--in-transit-encryption inter-node-transparent`" + `: without it nothing encrypts the traffic of pods.

Dataplane V2 is Cilium: rules by address match neither nodes nor pods, so what is declared to or from nodes is dropped.
`,
}

func runManifestsGuide(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		p.Directory(Directory{Path: ManifestsDir(c), Title: "What runs in the cluster", Doc: manifestsDoc(kindsBelow(p.set.Artifacts, ManifestsDir(c)), c)})
	}
	return nil
}

// kindsBelow returns the kinds of the objects in the YAML files below the directory, by API version, both sorted.
func kindsBelow(artifacts []Artifact, dir string) map[string][]string {
	kinds := map[string][]string{}
	for _, a := range artifacts {
		if !strings.HasPrefix(a.Path, dir+"/") || path.Ext(a.Path) != ".yaml" {
			continue
		}
		for _, k := range kindsIn(a.Data) {
			kinds[k.APIVersion] = append(kinds[k.APIVersion], k.Name)
		}
	}
	for version := range kinds {
		slices.Sort(kinds[version])
		kinds[version] = slices.Compact(kinds[version])
	}
	return kinds
}

func manifestsDoc(kinds map[string][]string, c *model.Cluster) string {
	doc := "Apply `platform/` first, then `namespaces/`. Within a namespace `guard/` comes before `apps/`.\n"
	var needed strings.Builder
	for _, version := range slices.Sorted(maps.Keys(kinds)) {
		group, _, _ := strings.Cut(version, "/")
		for _, r := range customResources {
			if r.group == group {
				needed.WriteString("- `" + version + "` (" + strings.Join(kinds[version], ", ") + "): " + r.owner + "\n")
			}
		}
	}
	if needed.Len() > 0 {
		doc += "\nThe definitions (CRDs) of these kinds must be in the cluster first; without them kubectl says \"no matches for kind\":\n\n" + needed.String()
	}
	doc += pluginSettings[c.Network.CNI]
	if len(c.Namespaces) > 0 {
		doc += `
The first apply of a namespace may fail with "object has been modified": the quota controller writes the new quota at the same
time. Nothing is lost; apply the same directory again.
`
	}
	return doc
}
