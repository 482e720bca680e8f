package model

import "strings"

// Address names one thing of a specification the way its users write it, for example "workload.shop.cart",
// "workload.shop.cart.port.grpc", "node_pool.payments", "zone.internet", or `workload.shop.worker["eu"]` for one of the
// instances of a block with for_each. It is the identity of the subject of a claim and of a position in the attack graph.
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

// named remembers the address under which the specification declares a thing. A thing that was made without one, as in
// tests, is called after its name.
type named struct{ addr Address }

func (n *named) call(a Address) { n.addr = a }

func (n *named) or(kind, name string) Address {
	if n.addr != "" {
		return n.addr
	}
	return join(Address(kind), name)
}

// Addr and peer make each source of connections a Peer.
func (z *Zone) Addr() Address           { return z.or("zone", z.Name) }
func (v *VPN) Addr() Address            { return v.or("vpn", v.Name) }
func (j *JumpBox) Addr() Address        { return j.or("jump_box", j.Name) }
func (w *Workload) Addr() Address       { return w.or("workload."+w.Namespace.Name, w.Name) }
func (g *Gateway) Addr() Address        { return g.or("gateway", g.Name) }
func (f *ForeignCluster) Addr() Address { return f.or("foreign_cluster", f.Name) }
func (n *Namespace) Addr() Address      { return n.or("namespace", n.Name) }
func (p *NodePool) Addr() Address       { return p.or("node_pool", p.Name) }

func (*Zone) peer()           {}
func (*VPN) peer()            {}
func (*JumpBox) peer()        {}
func (*Workload) peer()       {}
func (*Gateway) peer()        {}
func (*ForeignCluster) peer() {}
func (*Namespace) peer()      {}
func (*NodePool) peer()       {}

// Addr returns the address of things that are no source of connections.
func (c *Cluster) Addr() Address     { return c.or("cluster", c.Name) }
func (t *Team) Addr() Address        { return t.or("team", t.Name) }
func (r *Registry) Addr() Address    { return r.or("registry", r.Name) }
func (r *Repository) Addr() Address  { return r.or("repository", r.Name) }
func (p *Pipeline) Addr() Address    { return p.or("pipeline", p.Name) }
func (g *GitOps) Addr() Address      { return g.or("gitops", g.Name) }
func (s *SecretStore) Addr() Address { return s.or("secret_store", s.Name) }
func (b *Backup) Addr() Address      { return b.or("backup", b.Name) }
func (a *AddOn) Addr() Address       { return a.or("addon", a.Name) }
func (m *Mesh) Addr() Address        { return m.or("mesh", m.Name) }
func (a *Asset) Addr() Address       { return a.or("asset", a.Name) }
func (e *Exception) Addr() Address   { return e.or("exception", e.Name) }
func (i *Invariant) Addr() Address   { return i.or("invariant", i.Name) }
func (a *Attestation) Addr() Address { return a.or("attestation", a.Name) }

// Addr returns the port's address, for example "workload.shop.cart.port.grpc".
func (p *Port) Addr() Address { return join(p.Workload.Addr()+".port", p.Name) }
