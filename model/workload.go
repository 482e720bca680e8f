package model

import "net/netip"

// Namespace is a namespace with one owner and one level of trust.
type Namespace struct {
	named
	Name        string
	Cluster     *Cluster
	Owner       *Team
	PodSecurity PodSecurity
	Quota       *Quota // nil: the defaults of the quota generator
	Mesh        *Mesh  // in which its workloads are; nil: in none
	Labels      map[string]string
	Workloads   []*Workload // sorted by name
}

// PodSecurity is a level of the Pod Security Standards.
type PodSecurity string

const (
	Restricted PodSecurity = "restricted" // default
	Baseline   PodSecurity = "baseline"   // a weakening
	Privileged PodSecurity = "privileged" // a weakening
)

// Quota bounds what a namespace may use. Quantities are Kubernetes quantities such as "20", "500m" or "40Gi".
type Quota struct {
	CPU     string
	Memory  string
	Storage string
	Pods    int
}

// Workload is one application: its pods, who may reach it, and what it may reach.
type Workload struct {
	named
	Name      string
	Namespace *Namespace
	Kind      WorkloadKind
	Manifests Manifests
	Selector  map[string]string // labels of its pods; for external workloads as declared, otherwise app.kubernetes.io/name

	Replicas       int           // default 2; 1 for StatefulSet with volumes; ignored for DaemonSet, Job, CronJob
	Scaling        *Scaling      // nil: a fixed number of replicas
	Schedule       string        // cron expression of a CronJob
	Pool           *NodePool     // nil: any worker pool that is not dedicated
	Arch           []Arch        // sorted: for which the images are made; empty: not known
	Containers     []*Container  // the workload's own first, then sidecars sorted by name
	InitContainers []*Container  // in declared order
	Ports          []*Port       // of all containers, sorted by name
	Calls          []*Port       // ports of other workloads, sorted by address
	Exposes        []*Expose     // sorted by host
	Egress         []*Egress     // sorted by name
	Volumes        []*Volume     // sorted by name
	Secrets        []*SecretFile // sorted by name
	Config         []*ConfigFile // sorted by name
	APIAccess      []*APIAccess  // rules on the Kubernetes API; none: no token is mounted
	Host           Host
	GraceSeconds   int // time to end gracefully; default 30
	Priority       Priority
}

// WorkloadKind is the Kubernetes kind that runs a workload.
type WorkloadKind string

const (
	Deployment  WorkloadKind = "Deployment" // default
	StatefulSet WorkloadKind = "StatefulSet"
	DaemonSet   WorkloadKind = "DaemonSet"
	Job         WorkloadKind = "Job"
	CronJob     WorkloadKind = "CronJob"
)

// Manifests says who writes a workload's own objects.
type Manifests string

const (
	ManifestsGenerate Manifests = "generate" // default: complete objects
	ManifestsPatch    Manifests = "patch"    // kustomize patches over the team's own objects
	ManifestsExternal Manifests = "external" // only what surrounds the workload
)

// Priority ranks workloads when capacity is short.
type Priority string

const (
	PriorityLow      Priority = "low"
	PriorityNormal   Priority = "normal" // default
	PriorityCritical Priority = "critical"
)

// Container is one container of a workload's pods.
type Container struct {
	Name      string
	Image     Image
	Command   []string // empty: the image's entrypoint
	Args      []string
	Env       map[string]string // plain values only; secrets are files
	Resources Resources
	Probes    Probes
	Security  Security
	Sidecar   bool // an init container that keeps running (restartPolicy Always), or a further container
}

// Image is a container image reference, taken apart.
type Image struct {
	Written  string // as in the spec, for example "registry.example.com/shop/cart:v1.4.2"
	Host     string // registry host; "docker.io" where the spec names none
	Path     string // "shop/cart"; "library/redis" for docker.io/redis
	Tag      string
	Digest   string // "sha256:…" from the spec or images.bartizan.json; empty: unresolved
	Registry *Registry
}

// Pinned returns the reference with its digest, or with its tag alone if unresolved.
func (i Image) Pinned() string {
	ref := i.Host + "/" + i.Path
	if i.Tag != "" {
		ref += ":" + i.Tag
	}
	if i.Digest != "" {
		ref += "@" + i.Digest
	}
	return ref
}

// Resources are a container's requests and limits, as Kubernetes quantities. Left out: 50m, 64Mi, limits at twice the
// requested memory and ten times the requested CPU, 256Mi ephemeral storage.
type Resources struct {
	CPU, Memory                             string // requests
	CPULimit, MemoryLimit                   string
	EphemeralStorage, EphemeralStorageLimit string
}

// Probes are a container's health checks.
type Probes struct {
	Readiness, Liveness, Startup *Probe
}

// Probe is one health check. Exactly one of HTTP path, GRPC, TCP and Command applies.
type Probe struct {
	Kind     ProbeKind
	Path     string // of an HTTP probe
	Port     *Port  // nil for exec
	Command  []string
	Headers  map[string]string
	Delay    int // seconds before the first; default 0
	Period   int // seconds; default 10
	Failures int // default 3
}

// ProbeKind is how a probe asks.
type ProbeKind string

const (
	ProbeHTTP ProbeKind = "http"
	ProbeGRPC ProbeKind = "grpc"
	ProbeTCP  ProbeKind = "tcp"
	ProbeExec ProbeKind = "exec"
)

// Security is what a container may do beyond the hardened defaults. The zero value is hardened.
type Security struct {
	User         int      // numeric user id; 0 in the spec's absence means: derived, 10001 for the first container, 10002 for the second…
	Group        int      // likewise
	RunAsRoot    bool     // a weakening
	Privileged   bool     // a weakening
	WritableRoot bool     // a weakening
	Capabilities []string // added after dropping ALL, sorted; each is a weakening except NET_BIND_SERVICE
	Escalation   bool     // allowPrivilegeEscalation; a weakening
	Unconfined   bool     // seccomp Unconfined; a weakening
}

// Port is a port on which a workload's container listens.
type Port struct {
	Name      string
	Number    int
	Protocol  Protocol
	Workload  *Workload
	Container *Container // nil for external workloads
	From      []Peer     // who may connect besides the workloads whose calls name the port
	Service   int        // port of the Service in front; default Number
}

// Protocol is a transport protocol.
type Protocol string

const (
	TCP  Protocol = "TCP" // default
	UDP  Protocol = "UDP"
	SCTP Protocol = "SCTP"
)

// Expose publishes a port under a host name through a gateway.
type Expose struct {
	Host string
	Via  *Gateway
	Port *Port
	Path string // prefix; default "/"
}

// Egress is a destination outside the cluster.
type Egress struct {
	Name     string
	FQDNs    []string
	CIDRs    []netip.Prefix // from cidrs and zones
	Zones    []*Zone
	Port     int
	Protocol Protocol
}

// Volume is a directory of a pod.
type Volume struct {
	Name     string
	Kind     VolumeKind
	Size     string // quantity; scratch volumes are limited to it; default 64Mi
	Path     string // absolute mount path
	Class    string // storage class of a persistent volume; empty: the cluster's default
	ReadOnly bool
	In       []*Container // containers that mount it; default: the first
}

// VolumeKind is what a volume is made of.
type VolumeKind string

const (
	Scratch    VolumeKind = "scratch"    // default: emptyDir
	Memory     VolumeKind = "memory"     // emptyDir in memory
	Persistent VolumeKind = "persistent" // a claim
)

// SecretFile is a secret whose values are files in the directory /run/secrets/NAME. They never stand in a spec or in the tree.
type SecretFile struct {
	Name  string
	Store *SecretStore // nil: a native Secret of that name, made by somebody else
	Path  string       // in the store: an entry, or "ENTRY#PROPERTY"
	In    []*Container
	Env   string // a weakening: the environment variable that also carries it
}

// Volume reports whether the Secrets Store CSI driver mounts the secret, so that there is no Secret.
func (s *SecretFile) Volume() bool { return s.Store != nil && s.Store.Through == ThroughCSI }

// ConfigFile is a configuration file of a workload.
type ConfigFile struct {
	Name    string // file name
	Path    string // absolute directory
	Content string
	In      []*Container
}

// APIAccess is one rule of a workload's Role on the Kubernetes API.
type APIAccess struct {
	Name      string
	Verbs     []string // sorted
	Groups    []string // "" is the core group
	Resources []string // "pods", "pods/log"
	Names     []string // resourceNames; empty: all
	Scope     Scope
}

// Scope is how far a rule reaches.
type Scope string

const (
	ScopeNamespace Scope = "namespace" // default
	ScopeCluster   Scope = "cluster"   // a weakening
)

// Host is what a workload takes from its node. Every non-zero field is a weakening.
type Host struct {
	PID, IPC, Network bool
	Ports             []int               // host ports, sorted
	Paths             map[string]HostMode // absolute path → mode
}

// Any reports whether the workload takes anything from its node.
func (h Host) Any() bool {
	return h.PID || h.IPC || h.Network || len(h.Ports) > 0 || len(h.Paths) > 0
}

// HostMode is how a host path is mounted.
type HostMode string

const (
	ReadOnly  HostMode = "read-only"
	ReadWrite HostMode = "read-write"
)

// Scaling bounds an autoscaler.
type Scaling struct {
	Min, Max int
	CPU      int // target utilisation in percent; default 70
}
