package model

import (
	"net/netip"
	"slices"
)

// Cluster is one Kubernetes cluster.
type Cluster struct {
	named
	Name            string
	Version         Version
	Provisioner     Provisioner
	DNSDomain       string // "cluster.local" unless declared
	API             API
	Network         Network
	Identity        Identity
	Audit           Audit
	Encryption      Encryption
	Certificates    Certificates
	ServiceAccounts ServiceAccounts
	Admission       Admission
	NodePools       []*NodePool  // sorted by name
	Namespaces      []*Namespace // sorted by name, declared ones only (no kube-system)
}

// Provisioner is what makes the control plane.
type Provisioner string

const (
	Kubeadm Provisioner = "kubeadm"
	// Managed control planes belong to somebody else: their controls need attestations.
	Managed Provisioner = "managed"
)

// API is how the API server is reached.
type API struct {
	Endpoint      HostPort
	ReachableFrom []Peer // never empty; nodes and pods of the cluster are implied where they need it
	LoadBalancer  *LoadBalancer
	CertSANs      []string   // further names in the serving certificate
	TLSCurves     []TLSCurve // sorted by id; empty: those of Kubernetes' Go version
}

// TLSCurve is a key exchange, by the name of its constant in Go's crypto/tls.
type TLSCurve string

const (
	CurveX25519MLKEM768 TLSCurve = "X25519MLKEM768" // hybrid: safe if either part is
	CurveX25519         TLSCurve = "X25519"
	CurveP256           TLSCurve = "CurveP256"
	CurveP384           TLSCurve = "CurveP384"
	CurveP521           TLSCurve = "CurveP521"
)

// ID returns the number of the key exchange: crypto/tls.CurveID, which is IANA's "TLS Supported Groups".
func (c TLSCurve) ID() int {
	return map[TLSCurve]int{CurveP256: 23, CurveP384: 24, CurveP521: 25, CurveX25519: 29, CurveX25519MLKEM768: 4588}[c]
}

// LoadBalancer stands in front of several API servers.
type LoadBalancer struct {
	Kind    LoadBalancerKind
	Address netip.Addr
	Image   Image // of kube-vip; its registry need not be declared
}

// LoadBalancerKind says who provides the address.
type LoadBalancerKind string

const (
	KubeVIP              LoadBalancerKind = "kube-vip" // static pod on each control-plane node
	ExternalLoadBalancer LoadBalancerKind = "external"
)

// Network is the cluster's own network.
type Network struct {
	Pods       []netip.Prefix // one, or one of each family
	Services   []netip.Prefix
	DNS        netip.Addr // the tenth address of the first service range
	CNI        CNI
	Encryption bool // traffic between nodes is encrypted by the CNI; default true
	// GuardRails: policies of the cluster that no namespace's can open keep pods from the metadata addresses, the nodes and the
	// API server.
	GuardRails bool
}

// CNI is a network plugin.
type CNI string

const (
	Cilium CNI = "cilium"
	Calico CNI = "calico"
	Antrea CNI = "antrea"
	// CalicoEnterprise is Calico Enterprise and Calico Cloud, which enforce rules for DNS names.
	CalicoEnterprise CNI = "calico-enterprise"
	OVNKubernetes    CNI = "ovn-kubernetes"
	// KubeNetworkPolicies enforces policies beside a plugin that has none.
	KubeNetworkPolicies CNI = "kube-network-policies"
	// AmazonVPCCNI is the VPC CNI plugin of Amazon EKS, on nodes that EKS Auto Mode does not run.
	AmazonVPCCNI CNI = "amazon-vpc-cni"
	// EKSAutoMode is what Amazon EKS Auto Mode has on the nodes that it runs.
	EKSAutoMode CNI = "eks-auto-mode"
	// GKEDataplaneV2 is what Google Kubernetes Engine has on the nodes that it runs.
	GKEDataplaneV2 CNI = "gke-dataplane-v2"
)

// Provider is whose control plane the plugin comes with; empty if it can be installed in a cluster of kubeadm's.
func (c CNI) Provider() string {
	switch c {
	case AmazonVPCCNI, EKSAutoMode:
		return "Amazon EKS"
	case GKEDataplaneV2:
		return "Google Kubernetes Engine"
	}
	return ""
}

// ConfinesNames reports whether a policy of the plugin can deny addresses that a DNS name must not lead to.
func (c CNI) ConfinesNames() bool { return c != GKEDataplaneV2 }

// Calico reports whether the plugin is Calico, in any edition.
func (c CNI) Calico() bool { return c == Calico || c == CalicoEnterprise }

// KnowsNodes reports whether rules of the plugin's own can mean nodes otherwise than by their addresses.
func (c CNI) KnowsNodes() bool { return c != EKSAutoMode && c != CalicoEnterprise }

// AsksDNS reports whether the plugin learns the addresses of names from the cluster's DNS alone. kube-network-policies believes
// every packet from a port 53 that passes the node (v1.1.0, pkg/dns/dnsagent.go): a pod that may send to the DNS can answer for
// a name itself.
func (c CNI) AsksDNS() bool { return c != KubeNetworkPolicies }

// ProvesNames reports whether files show that a workload reaches its names and nothing else. OVN-Kubernetes denies the rest only if a
// flag of its own says so, which is off by default (dist/images/ovnkube.sh).
func (c CNI) ProvesNames() bool { return c.ConfinesNames() && c.AsksDNS() && c != OVNKubernetes }

// Identity is how people log in.
type Identity struct {
	OIDC *OIDC // nil only for managed clusters
}

// OIDC is an OpenID Connect provider.
type OIDC struct {
	Issuer         string // https URL
	ClientID       string
	UsernameClaim  string // default "email"
	UsernamePrefix string // default "oidc:"
	GroupsClaim    string // default "groups"
	GroupsPrefix   string // default "oidc:"
}

// Audit is what the API server records, and where the records go besides the local log.
type Audit struct {
	ShipTo   string        // https URL; empty only as a weakening
	LogDays  int           // default 30
	Contents AuditContents // default "changes"
}

// AuditContents says of which requests the audit log holds the contents. Those of Secrets, ConfigMaps and tokens it
// never holds.
type AuditContents string

const (
	ContentsOfChanges AuditContents = "changes"
	ContentsOfAll     AuditContents = "all"
)

// Encryption is how Secrets are encrypted in etcd.
type Encryption struct {
	KMS string // endpoint of a KMS v2 plugin, "unix:///…"; empty: secretbox with a key made on the control plane
}

// Certificates is how long certificates of the control plane live, in days. All of them are made by kubeadm.
type Certificates struct {
	Days          int // default 365
	AuthorityDays int // default 3650; not less than Days
}

// ServiceAccounts says how tokens of service accounts are issued.
type ServiceAccounts struct {
	Issuer        string // https URL; default https://kubernetes.default.svc.DOMAIN
	MaxTokenHours int    // default 24
	ExtendTokens  bool   // a weakening
}

// Admission is what may be chosen among the API server's admission plugins.
type Admission struct {
	AlwaysPullImages bool
	Signatures       Signatures // empty: nothing asks for signatures when a pod starts
}

// Signatures is what asks for signatures of images when a pod starts.
type Signatures string

// PolicyController is sigstore's, an add-on of that name.
const PolicyController Signatures = "policy-controller"

// NodePool is a set of nodes that are configured alike.
type NodePool struct {
	named
	Name      string
	Cluster   *Cluster
	Roles     []Role // sorted; empty means worker only
	Zone      *Zone
	OS        OS
	Nodes     []Node       // sorted by name; empty for elastic pools
	CIDR      netip.Prefix // addresses of an elastic pool; zero otherwise
	Max       int          // most nodes of an elastic pool
	SSHFrom   []Peer       // empty: no sshd
	SSH       SSHOpening   // when SSHFrom is admitted; means nothing without it
	Dedicated bool         // tainted: only workloads that name the pool run there
	Runtime   Runtime
	Physical  *Physical // nil: virtual machines of a provider
	Patching  Patching
	Arch      Arch   // empty: not known
	CPU       string // of the smallest node, as a Kubernetes quantity; empty: not known
	Memory    string // of the smallest node; empty: not known
	Labels    map[string]string
}

// Node is a machine with a fixed address.
type Node struct {
	Name    string
	Address netip.Addr
}

// SSHOpening is when a node's firewall admits those who may log in.
type SSHOpening string

const (
	SSHAlways SSHOpening = "always"
	// SSHOnRequest keeps the port closed until root opens it for a while on the machine itself.
	SSHOnRequest SSHOpening = "on-request"
)

// OpensSSH reports whether the pool's nodes have sshd behind a port that somebody must open first.
func (p *NodePool) OpensSSH() bool { return len(p.SSHFrom) > 0 && p.SSH == SSHOnRequest }

// Role is what a node does besides running workloads.
type Role string

const (
	RoleControlPlane Role = "control-plane"
	RoleEtcd         Role = "etcd"
)

// Has reports whether the pool has the role.
func (p *NodePool) Has(r Role) bool {
	for _, x := range p.Roles {
		if x == r {
			return true
		}
	}
	return false
}

// EtcdOnly reports whether the pool's nodes run members of etcd and nothing else. They do not join the cluster: their
// kubelet starts etcd and knows no API server.
func (p *NodePool) EtcdOnly() bool { return p.Has(RoleEtcd) && !p.Has(RoleControlPlane) }

// ExternalEtcd reports whether etcd runs on machines of its own.
func (c *Cluster) ExternalEtcd() bool { return slices.ContainsFunc(c.NodePools, (*NodePool).EtcdOnly) }

// Worker reports whether workloads run on the pool.
func (p *NodePool) Worker() bool { return len(p.Roles) == 0 }

// CIDRs returns the addresses of the pool's nodes: one host prefix each, or the range of an elastic pool.
func (p *NodePool) CIDRs() []netip.Prefix {
	if p.CIDR.IsValid() {
		return []netip.Prefix{p.CIDR}
	}
	var cidrs []netip.Prefix
	for _, n := range p.Nodes {
		cidrs = append(cidrs, netip.PrefixFrom(n.Address, n.Address.BitLen()))
	}
	return cidrs
}

// OS is an operating system that the node files are written for.
type OS string

const (
	Ubuntu2404 OS = "ubuntu-24.04"
	Debian12   OS = "debian-12"
	Debian13   OS = "debian-13"
	// Bottlerocket is what the nodes of EKS Auto Mode run. Nobody chooses it, and no node files are written for it.
	Bottlerocket OS = "bottlerocket"
	// ContainerOptimizedOS is what the nodes of Google Kubernetes Engine run, likewise.
	ContainerOptimizedOS OS = "container-optimized-os"
)

// Ours reports whether the pool's machines take the node files of the tree. Nodes that a provider runs take none: their
// controls need attestations.
func (p *NodePool) Ours() bool { return p.OS != Bottlerocket && p.OS != ContainerOptimizedOS }

// Runtime is the OCI runtime of a pool's pods.
type Runtime string

const (
	Runc   Runtime = "runc"
	GVisor Runtime = "gvisor"
	Kata   Runtime = "kata"
)

// Patching is how a pool gets security updates.
type Patching string

const (
	PatchAutomatic Patching = "automatic" // default: unattended upgrades of the operating system
	PatchManual    Patching = "manual"    // a weakening
)

// Physical is what is known about where bare-metal nodes stand. None of it can be proved by a file.
type Physical struct {
	Site           string
	DiskEncryption DiskEncryption
	SecureBoot     bool
}

// DiskEncryption is how a node's disks are encrypted.
type DiskEncryption string

const (
	LUKSTPM        DiskEncryption = "luks-tpm"
	LUKSPassphrase DiskEncryption = "luks-passphrase"
	NoEncryption   DiskEncryption = "none" // a weakening
)
