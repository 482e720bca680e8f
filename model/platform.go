package model

import "slices"

// Registry is a place where images come from.
type Registry struct {
	named
	Name     string
	Host     string   // "registry.example.com"
	Path     string   // only images below this path; empty: all
	SignedBy []string // PEM public keys
	// PullSecret is the credential that nodes pull with; nil: none of the cluster's.
	PullSecret *PullSecret
}

// PullSecret is where the credential for a registry is.
type PullSecret struct {
	Store *SecretStore // nil: native Secrets, made by somebody else
	Path  string       // the entry in the store, with the properties username and password
}

// PullSecretName is the name of the registry's Secret in every namespace that has it. No secret of a workload has a dot.
func (r *Registry) PullSecretName() string { return "pull." + r.Name }

// PullsWith returns the registries with a pull secret that images of the workload come from, sorted by name.
func (w *Workload) PullsWith() []*Registry {
	var all []*Registry
	for _, c := range slices.Concat(w.Containers, w.InitContainers) {
		if r := c.Image.Registry; r != nil && r.PullSecret != nil && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	byName(all, func(r *Registry) string { return r.Name })
	return all
}

// PullsWith returns the registries with a pull secret that images of the namespace's workloads come from, sorted by name.
func (n *Namespace) PullsWith() []*Registry {
	var all []*Registry
	for _, w := range n.Workloads {
		for _, r := range w.PullsWith() {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	byName(all, func(r *Registry) string { return r.Name })
	return all
}

// Repository is a Git repository.
type Repository struct {
	named
	Name          string
	URL           string
	Reviews       int  // approvals before a merge; default 2; fewer than 1 is a weakening
	SignedCommits bool // default true
}

// Pipeline builds, scans and signs images.
type Pipeline struct {
	named
	Name       string
	Kind       PipelineKind
	Scanner    Scanner
	FailOn     Severity      // findings from this severity on stop the pipeline; default high
	Builds     []*Registry   // where it pushes
	Repository []*Repository // what it builds
}

// PipelineKind is a CI system.
type PipelineKind string

const (
	GitHubActions PipelineKind = "github-actions"
	GitLabCI      PipelineKind = "gitlab-ci"
)

// Scanner is an image scanner.
type Scanner string

const (
	Trivy Scanner = "trivy" // default
	Grype Scanner = "grype"
)

// Severity ranks scanner findings.
type Severity string

const (
	SeverityMedium   Severity = "medium"
	SeverityHigh     Severity = "high"
	SeverityCritical Severity = "critical" // a weakening: high findings pass
)

// GitOps is a controller that applies a repository to clusters.
type GitOps struct {
	named
	Name       string
	Kind       GitOpsKind
	Source     *Repository
	Branch     string
	Path       string // of the generated tree in the repository, with slashes; empty: its root
	Deploys    []*Namespace
	Privileges GitOpsPrivileges
}

// GitOpsKind is a GitOps controller.
type GitOpsKind string

const (
	Flux   GitOpsKind = "flux" // default
	ArgoCD GitOpsKind = "argocd"
)

// GitOpsPrivileges is what the controller may do.
type GitOpsPrivileges string

const (
	PrivilegesPerNamespace GitOpsPrivileges = "per-namespace" // default: one account in each namespace
	PrivilegesClusterAdmin GitOpsPrivileges = "cluster-admin" // a weakening
)

// SecretStore is where secrets are kept outside the cluster.
type SecretStore struct {
	named
	Name     string
	Kind     SecretStoreKind
	Endpoint HostPort
	Through  Through
}

// Through is how secrets of a store reach pods.
type Through string

const (
	ThroughOperator Through = "external-secrets" // default: as Secrets, which the External Secrets Operator makes
	ThroughCSI      Through = "csi"              // as volumes of the Secrets Store CSI driver
)

// SecretStoreKind is a secret manager.
type SecretStoreKind string

const (
	Vault SecretStoreKind = "vault"
)

// Backup is a copy of etcd kept elsewhere.
type Backup struct {
	named
	Name      string
	Cluster   *Cluster
	To        string // URL
	Encrypted bool   // default true
	Recipient string // age public key ("age1…") that backups are encrypted to
	Schedule  BackupSchedule
	Immutable bool // the target keeps copies that nobody can delete before their time
}

// BackupSchedule is how often.
type BackupSchedule string

const (
	Hourly BackupSchedule = "hourly"
	Daily  BackupSchedule = "daily" // default
)

// Team is a group of people with one OIDC group.
type Team struct {
	named
	Name       string
	OIDCGroup  string
	Grants     []*Grant
	Inspects   []*Cluster // clusters of which it reads what belongs to no namespace
	BreakGlass *BreakGlass
	// CodeOwner is the team's name at the Git host, for CODEOWNERS: "@example/security". Empty: it owns no files there.
	CodeOwner string
}

// Stands reports whether the team has any standing rights.
func (t *Team) Stands() bool { return len(t.Grants) > 0 || len(t.Inspects) > 0 }

// Grant gives a team standing rights in namespaces.
type Grant struct {
	Action Action
	In     []*Namespace // never empty
}

// Action is a set of rights for people.
type Action string

const (
	ActionView    Action = "view"    // read everything but Secrets
	ActionOperate Action = "operate" // view, restart and scale; no exec, no Secrets, no pod creation
	ActionDeploy  Action = "deploy"  // change workloads directly, past GitOps; a weakening
)

// BreakGlass is access beyond the standing rights, for hours, with approval.
type BreakGlass struct {
	Hours     int
	Approvers []*Team
}

// Gateway publishes workloads.
type Gateway struct {
	named
	Name      string
	Kind      GatewayKind
	Class     string // GatewayClass or IngressClass, for example "cilium"
	Namespace *Namespace
	From      []Peer
	Selector  map[string]string // labels of its data-plane pods; empty where the CNI itself is the data plane
	Port      int               // where its data-plane pods accept HTTPS; default 443
}

// GatewayKind is the API by which hosts are published.
type GatewayKind string

const (
	GatewayAPI GatewayKind = "gateway-api" // default
	IngressAPI GatewayKind = "ingress"
)

// AddOn is a third-party component of the cluster.
type AddOn struct {
	named
	Name      string
	Version   string
	Namespace *Namespace
	Owner     *Team
}

// ChecksSignatures reports whether signatures are asked for in the namespace: everywhere but where what asks runs, because
// nothing could start there without it.
func (s *Spec) ChecksSignatures(n *Namespace) bool {
	signatures := n.Cluster.Admission.Signatures
	return signatures != "" && !slices.ContainsFunc(s.AddOns, func(a *AddOn) bool { return a.Name == string(signatures) && a.Namespace == n })
}

// Mesh is a service mesh.
type Mesh struct {
	named
	Name       string
	Kind       MeshKind
	Namespaces []*Namespace
	Strict     bool // mutual TLS is required; default true
}

// MeshKind is a service mesh.
type MeshKind string

const (
	Istio MeshKind = "istio"
)
