package model

var registryBlock = &BlockType{
	Name:   "registry",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A place where images come from. Images from elsewhere are refused.",
	Attributes: []*Attribute{
		{Name: "host", Type: textType("registry host", parseRegistryHost), Required: true, Doc: "Host, with a port if it is not 443; \"docker.io\" for Docker Hub."},
		{Name: "path", Type: textType("path", parseImagePath).like("shop"), Derived: "all images of the host", Doc: "Only images below this path."},
		{Name: "signed_by", Type: listOf(publicKey), Required: true, Doc: "PEM public keys of which one signs each image; [] for a registry whose images nobody signs. They are asked for when a pod starts if the cluster's admission block says signatures = \"policy-controller\"; pipelines of Bartizan sign without a key, by their identity, which no key verifies. policy-controller finds signatures by a key only as cosign 2 writes them; with cosign 3, sign with --new-bundle-format=false.",
			Weakening: &Weakness{Doc: "Whoever can push to the registry decides what runs.", Empty: true}},
	},
	Blocks: []*BlockType{{
		Name: "pull_secret",
		Doc: "The credential with which nodes pull the registry's images, for a registry that asks for one. It becomes a Secret of type kubernetes.io/dockerconfigjson " +
			"called pull.NAME after the registry, in the namespaces of workloads whose images come from there; their pods name it, and no others. " +
			"It should be able to read and nothing else, which no file can prove: see the attestation registry-pull-only.",
		Example: `pull_secret {
  from = secret_store.vault
  path = "platform/registry-pull" # its properties username and password
}`,
		Attributes: []*Attribute{
			{Name: "from", Type: to("secret_store"), Derived: "Secrets of that name that somebody else makes", Doc: "Store that holds it."},
			{Name: "path", Type: storePathType, Example: `from = secret_store.vault
path = "platform/registry-pull"`, Doc: "The store's entry, with the properties username and password; only with from."},
		},
	}},
	Example: `registry "main" {
  host      = "registry.example.com"
  signed_by = [file("cosign.pub")]
}`,
}

var repositoryBlock = &BlockType{
	Name:   "repository",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A Git repository.",
	Example: `repository "platform" {
  url = "https://git.example.com/platform"
}`,
	Attributes: []*Attribute{
		{Name: "url", Type: httpsType, Required: true, Doc: "Where it is cloned from."},
		{Name: "reviews", Type: number(0, 10), Default: 2, Doc: "Approvals that a merge needs.",
			Weakening: &Weakness{Doc: "One person, or one stolen login, changes what runs.", Below: 1}},
		{Name: "signed_commits", Type: boolType, Default: true, Doc: "Commits must be signed.",
			Weakening: &Weakness{Doc: "A stolen token writes commits in anyone's name.", Values: []any{false}}},
	},
}

var pipelineBlock = &BlockType{
	Name:   "pipeline",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "What builds, scans and signs images.",
	Example: `pipeline "ci" {
  kind       = "github-actions"
  builds     = registry.main
  repository = repository.platform
}`,
	Attributes: []*Attribute{
		{Name: "kind", Type: enum(GitHubActions, GitLabCI), Required: true, Doc: "CI system."},
		{Name: "scanner", Type: enum(Trivy, Grype), Default: "trivy", Doc: "Image scanner."},
		{Name: "fail_on", Type: enum(SeverityMedium, SeverityHigh, SeverityCritical), Default: "high", Doc: "Findings from this severity on stop the pipeline.",
			Weakening: &Weakness{Doc: "Images with known holes of high severity are shipped.", Values: []any{"critical"}}},
		{Name: "builds", Type: oneOrMore(to("registry")), Required: true, Doc: "Where it pushes images."},
		{Name: "repository", Type: oneOrMore(to("repository")), Doc: "What it builds."},
	},
}

var gitopsBlock = &BlockType{
	Name:   "gitops",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A controller that applies a repository to the cluster.",
	Example: `gitops "flux" {
  source  = repository.platform
  deploys = [namespace.shop]
}`,
	Attributes: []*Attribute{
		{Name: "kind", Type: enum(Flux, ArgoCD), Default: "flux", Doc: "Controller."},
		{Name: "source", Type: to("repository"), Required: true, Doc: "What it applies."},
		{Name: "branch", Type: branchType, Default: "main", Doc: "Branch that it applies: the one whose protection is attested."},
		{Name: "path", Type: treePathType, Derived: "the repository's root", Doc: "Directory of the repository in which the generated tree stands."},
		{Name: "deploys", Type: listOf(to("namespace")), Required: true, Doc: "Namespaces that it writes to."},
		{Name: "privileges", Type: enum(PrivilegesPerNamespace, PrivilegesClusterAdmin), Default: "per-namespace", Doc: "What it may do.",
			Weakening: &Weakness{Doc: "Whoever writes to the repository, or takes the controller, owns the whole cluster.", Values: []any{"cluster-admin"}}},
	},
}

var secretStoreBlock = &BlockType{
	Name:   "secret_store",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "Where secrets are kept outside the cluster.",
	Example: `secret_store "vault" {
  endpoint = "vault.example.internal:8200"
}`,
	Attributes: []*Attribute{
		{Name: "kind", Type: enum(Vault), Default: "vault", Doc: "Secret manager."},
		{Name: "endpoint", Type: hostPortType, Required: true, Doc: "Host and port of its API."},
		{Name: "through", Type: enum(ThroughOperator, ThroughCSI), Default: "external-secrets", Example: `through = "csi"`,
			Doc: "How secrets reach pods: \"external-secrets\": the operator of that name copies them into Secrets of the cluster; \"csi\": the Secrets Store CSI driver mounts them " +
				"when a pod starts, asks the store as the pod's own account, and leaves no copy in the cluster. Each secret is then one property."},
	},
}

var backupBlock = &BlockType{
	Name:   "backup",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A copy of etcd kept elsewhere.",
	Example: `backup "etcd" {
  to        = "s3://backups-example/etcd"
  recipient = "age1utkxtkxru4u34r9p8wv53d9atyyth04v9g48fgznhddl6nt5h05svk99pe"
}`,
	Attributes: []*Attribute{
		{Name: "cluster", Type: to("cluster"), Derived: "the only cluster", Doc: "Cluster whose etcd is copied."},
		{Name: "to", Type: backupType, Required: true, Doc: "Where the copies go."},
		{Name: "encrypted", Type: boolType, Default: true, Doc: "Copies are encrypted before they leave the node.",
			Weakening: &Weakness{Doc: "Whoever reads the backups reads every Secret that KMS does not protect, and all of the cluster's state.", Values: []any{false}}},
		{Name: "recipient", Type: ageType, Derived: "asked for on the node", Doc: "age public key that copies are encrypted to."},
		{Name: "schedule", Type: enum(Hourly, Daily), Default: "daily", Doc: "How often."},
		{Name: "immutable", Type: boolType, Default: false, Doc: "The target keeps copies that nobody can delete before their time. No file can prove it: see attestation."},
	},
}

const gatewayCertificate = "Each gateway ends TLS with the certificate of the Secret NAME-tls, which somebody else makes: in its namespace, or, for an ingress, in each that publishes."

var gatewayBlock = &BlockType{
	Name: "gateway",
	Elsewhere: map[string]string{
		"tls":         gatewayCertificate,
		"certificate": gatewayCertificate,
		"hosts":       "Each workload names its own: expose \"shop.example.com\" { via = gateway.NAME }.",
	},
	Labels: []Label{{"NAME", labelType}},
	Doc:    "What publishes workloads under host names.",
	Example: `gateway "public" {
  class     = "cilium"
  namespace = namespace.edge
  from      = [zone.internet]
}`,
	Attributes: []*Attribute{
		{Name: "kind", Type: enum(GatewayAPI, IngressAPI), Default: "gateway-api", Example: `kind     = "ingress"
class    = "haproxy"
selector = { "app.kubernetes.io/name" = "haproxy-ingress" }`, Doc: "API by which hosts are published: a Gateway with a listener for each host, or an Ingress for each. Whose requests an Ingress receives depends on what is written into it, by whichever namespace may write one; an admission policy refuses those that nothing declares. An ingress controller reads the certificates, which are Secrets, in all namespaces that publish, and its load balancer's Service carries the label gateway.networking.k8s.io/gateway-name = NAME. Take \"gateway-api\" where there is a choice."},
		{Name: "class", Type: dnsNameType, Required: true, Example: `class = "cilium"`, Doc: "GatewayClass, for example \"cilium\", or IngressClass."},
		{Name: "namespace", Type: to("namespace"), Required: true, Doc: "Namespace of the Gateway."},
		{Name: "from", Type: listOf(to("zone", "vpn", "jump_box", "foreign_cluster")), Required: true, Doc: "Who may connect to it."},
		{Name: "port", Type: portNumber, Default: 443, Doc: "Where the pods that carry its traffic accept HTTPS."},
		{Name: "selector", Type: mapOf(labelKeyType, labelValType), Derived: "the network plugin itself carries the traffic", Doc: "Labels of the pods that carry its traffic."},
	},
}

var addonBlock = &BlockType{
	Name:   "addon",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A third-party component of the cluster.",
	Example: `addon "cert-manager" {
  version   = "1.19.0"
  namespace = namespace.edge
  owner     = team.sre
}`,
	Attributes: []*Attribute{
		{Name: "version", Type: releaseType, Required: true, Doc: "Release."},
		{Name: "namespace", Type: to("namespace"), Required: true, Doc: "Where it runs."},
		{Name: "owner", Type: to("team"), Required: true, Doc: "Who keeps it up to date."},
	},
}

var meshBlock = &BlockType{
	Name:   "mesh",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A service mesh, in which workloads know each other by certificates and not by addresses. Each port accepts the callers that the network policies let through, by their account; a port that something outside the mesh calls, such as a gateway, accepts plain text from that. The mesh carries TCP; it is installed by others, with its CNI plugin, so that pods need no capability, and with its proxy's image by digest from a declared registry.",
	Example: `mesh "main" {
  kind       = "istio"
  namespaces = [namespace.shop]
}`,
	Attributes: []*Attribute{
		{Name: "kind", Type: enum(Istio), Required: true, Doc: "Product; Istio with sidecars, whose control plane istiod runs in the namespace istio-system."},
		{Name: "namespaces", Type: listOf(to("namespace")), Required: true, Doc: "Namespaces whose workloads are in the mesh."},
		{Name: "strict", Type: boolType, Default: true, Doc: "Mutual TLS is required.",
			Weakening: &Weakness{Doc: "Connections without mutual TLS are accepted.", Values: []any{false}}},
	},
}

var foreignClusterBlock = &BlockType{
	Name:   "foreign_cluster",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A cluster, or a set of other machines, that shares the network but is not ours to configure.",
	Example: `foreign_cluster "old" {
  cidrs = ["10.66.0.0/16"]
}`,
	Attributes: []*Attribute{
		{Name: "cidrs", Type: listOf(cidrType), Required: true, Example: `cidrs = ["10.66.0.0/16"]`, Doc: "Its addresses."},
	},
}
