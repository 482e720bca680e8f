package model

import (
	"net/netip"
	"path"
	"strings"
	"time"
)

// Spec is all that the files of one specification say. Every slice is sorted by name.
type Spec struct {
	Clusters        []*Cluster
	Zones           []*Zone // includes the built-in "internet"
	VPNs            []*VPN
	JumpBoxes       []*JumpBox
	Registries      []*Registry
	Repositories    []*Repository
	Pipelines       []*Pipeline
	GitOps          []*GitOps
	SecretStores    []*SecretStore
	Backups         []*Backup
	Teams           []*Team
	Gateways        []*Gateway
	AddOns          []*AddOn
	Meshes          []*Mesh
	ForeignClusters []*ForeignCluster
	Exceptions      []*Exception
	Attestations    []*Attestation
	Assets          []*Asset
	Invariants      []*Invariant

	// Weakenings are all values of the specification that are weaker than the default, sorted by address.
	Weakenings []*Weakening
	// Unresolved are the images, as written, that have no digest, sorted.
	Unresolved []string

	Inputs Inputs
}

// Inputs is what was chosen for a specification from outside. Whoever reads the specification again must be given the
// same; files that are read unasked are not among it.
type Inputs struct {
	VarFiles []string // of --var-file, in order, as seen from the specification's directory, with slashes
	Vars     []Var    // of --var and the environment, sorted by name
}

// Var is the value of a variable as text, as --var takes it.
type Var struct{ Name, Text string }

// Environment names what the files of variables describe, after the last of them: "production" for
// "../environments/production.vars.hcl"; "" without such a file.
func (i Inputs) Environment() string {
	if len(i.VarFiles) == 0 {
		return ""
	}
	name, _, _ := strings.Cut(path.Base(i.VarFiles[len(i.VarFiles)-1]), ".")
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1 // it is part of names of files and variables
	}, name)
}

// HostPort is a host name or IP address with a TCP or UDP port.
type HostPort struct {
	Host string
	Port int // 1–65535
}

// Zone is a part of the network with one level of trust. The built-in zone "internet" has no CIDRs: it is everything
// that no other zone contains.
type Zone struct {
	named
	Name  string
	CIDRs []netip.Prefix
}

// InternetZone is the name of the built-in zone.
const InternetZone = "internet"

// Internet reports whether the zone is the built-in "internet".
func (z *Zone) Internet() bool { return z.Name == InternetZone }

// VPN is a way into the private zones for people's devices.
type VPN struct {
	named
	Name     string
	Kind     VPNKind
	Zone     *Zone // its addresses; the server takes the first
	Endpoint HostPort
	Server   netip.Addr // the server's address inside the VPN
	Devices  []*Device
}

// VPNKind is a VPN protocol.
type VPNKind string

// WireGuard is the only kind so far.
const WireGuard VPNKind = "wireguard"

// Device is one person's machine that may join a VPN.
type Device struct {
	Name      string
	Team      *Team
	PublicKey string     // base64 of 32 bytes
	Address   netip.Addr // inside the VPN's zone; left out in the spec: derived from the name, so that other devices keep theirs
}

// JumpBox is the only host from which people reach nodes and, where declared, the API server.
type JumpBox struct {
	named
	Name          string
	Zone          *Zone
	Address       netip.Addr // zero: anywhere in its zone
	ReachableFrom []Peer
	MFA           MFA
	Recording     bool // sessions are recorded; default true
	IdleMinutes   int  // an idle session ends after so many minutes; default 10
	OS            OS
}

// CIDRs returns the networks from which the jump box's connections come.
func (j *JumpBox) CIDRs() []netip.Prefix {
	if j.Address.IsValid() {
		return []netip.Prefix{netip.PrefixFrom(j.Address, j.Address.BitLen())}
	}
	return j.Zone.CIDRs
}

// MFA is a second factor.
type MFA string

const (
	MFAFIDO2 MFA = "fido2" // hardware security key; default
	MFATOTP  MFA = "totp"  // one-time passwords
	MFANone  MFA = "none"  // a weakening
)

// ForeignCluster is a cluster, or a set of other machines, that shares the network but is not ours to configure.
type ForeignCluster struct {
	named
	Name  string
	CIDRs []netip.Prefix
}

// Exception accepts weakenings by name, with a reason, an owner and an end.
type Exception struct {
	named
	Name    string
	Allows  []*Weakening
	Reason  string
	Owner   *Team
	Expires time.Time // midnight UTC at the start of the day; the exception still holds on the day before
	// OnExpiry is what the cluster itself does from then on; default ExpiryReport.
	OnExpiry OnExpiry
}

// OnExpiry is what a cluster does when an exception has ended.
type OnExpiry string

const (
	ExpiryReport OnExpiry = "report" // nothing: validate and verify fail
	ExpiryRefuse OnExpiry = "refuse" // admission refuses new pods that need the exception
)

// Weakening is one value of the specification that is weaker than the default.
type Weakening struct {
	// Address names the attribute or key, for example `workload.monitoring.node-exporter.host.paths["/"]`.
	Address Address
	// Subject is the block that is weakened, for example "workload.monitoring.node-exporter".
	Subject Address
	// Attribute is the last two steps of the address, without key: "host.paths", "namespace.pod_security".
	Attribute string
	// Key is the key or element that is weak, "" where the attribute itself is: "/".
	Key string
	// Doc says what the value gives away, from the catalogue of weakenings.
	Doc string
	// Exception covers the weakening; nil only if the specification has errors.
	Exception *Exception
}

// Attestation is a control that no file can prove, stated by a named team with evidence and a review date.
type Attestation struct {
	named
	Name     string
	Control  ControlID
	Subject  Address
	By       *Team
	Evidence string // an https URL or a document reference
	ReviewBy time.Time
}

// Asset is something worth attacking that the specification names.
type Asset struct {
	named
	Name        string
	HeldBy      []*Workload
	Sensitivity Sensitivity
}

// Sensitivity ranks assets.
type Sensitivity string

const (
	SensitivityNormal   Sensitivity = "normal"
	SensitivityHigh     Sensitivity = "high" // default
	SensitivityCritical Sensitivity = "critical"
)
