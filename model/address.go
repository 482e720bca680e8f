package model

import "strings"

// Address names one thing of a specification the way its users write it, for example "workload.shop.cart",
// "workload.shop.cart.port.grpc", "node_pool.payments" or "zone.internet". It is the identity of the subject of a
// claim and of a position in the attack graph.
type Address string

// Kind returns the first part of the address: the type of block it names.
func (a Address) Kind() string {
	kind, _, _ := strings.Cut(string(a), ".")
	return kind
}

// Name returns what follows the kind, without a facet after a slash: "shop.cart" in "workload.shop.cart/token".
func (a Address) Name() string {
	_, name, _ := strings.Cut(string(a), ".")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// Peer is something that network connections come from: a zone, VPN, jump box, workload, gateway, namespace, add-on or
// foreign cluster.
type Peer interface {
	// Addr returns the peer's address.
	Addr() Address
	peer()
}

// Addr and peer make each source of connections a Peer.
func (z *Zone) Addr() Address           { return Address("zone." + z.Name) }
func (v *VPN) Addr() Address            { return Address("vpn." + v.Name) }
func (j *JumpBox) Addr() Address        { return Address("jump_box." + j.Name) }
func (w *Workload) Addr() Address       { return Address("workload." + w.Namespace.Name + "." + w.Name) }
func (g *Gateway) Addr() Address        { return Address("gateway." + g.Name) }
func (f *ForeignCluster) Addr() Address { return Address("foreign_cluster." + f.Name) }
func (n *Namespace) Addr() Address      { return Address("namespace." + n.Name) }
func (p *NodePool) Addr() Address       { return Address("node_pool." + p.Name) }

func (*Zone) peer()           {}
func (*VPN) peer()            {}
func (*JumpBox) peer()        {}
func (*Workload) peer()       {}
func (*Gateway) peer()        {}
func (*ForeignCluster) peer() {}
func (*Namespace) peer()      {}
func (*NodePool) peer()       {}

// Addr returns the address of things that are no source of connections.
func (c *Cluster) Addr() Address     { return Address("cluster." + c.Name) }
func (t *Team) Addr() Address        { return Address("team." + t.Name) }
func (r *Registry) Addr() Address    { return Address("registry." + r.Name) }
func (r *Repository) Addr() Address  { return Address("repository." + r.Name) }
func (p *Pipeline) Addr() Address    { return Address("pipeline." + p.Name) }
func (g *GitOps) Addr() Address      { return Address("gitops." + g.Name) }
func (s *SecretStore) Addr() Address { return Address("secret_store." + s.Name) }
func (b *Backup) Addr() Address      { return Address("backup." + b.Name) }
func (a *AddOn) Addr() Address       { return Address("addon." + a.Name) }
func (m *Mesh) Addr() Address        { return Address("mesh." + m.Name) }
func (a *Asset) Addr() Address       { return Address("asset." + a.Name) }
func (e *Exception) Addr() Address   { return Address("exception." + e.Name) }
func (a *Attestation) Addr() Address { return Address("attestation." + a.Name) }

// Addr returns the port's address, for example "workload.shop.cart.port.grpc".
func (p *Port) Addr() Address { return p.Workload.Addr() + Address(".port."+p.Name) }
