package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// The functions of this file name the positions, one function each, so that two steps that mean the same place get the
// same one.

type addressed interface{ Addr() model.Address }

// hold is a control for a subject.
func hold(c model.ControlID, subject addressed) model.Hold {
	return model.Hold{Control: c, Subject: subject.Addr()}
}

// on and by keep the edges of the catalogue readable.
func on(p ...*Position) []*Position   { return p }
func by(h ...model.Hold) []model.Hold { return h }

// name is how titles call a workload: "shop/cart".
func name(w *model.Workload) string { return w.Namespace.Name + "/" + w.Name }

// ---- outside

func (b *Builder) zone(z *model.Zone) *Position {
	title := "A host in zone " + z.Name
	lane := LaneWayIn
	if z.Internet() {
		title, lane = "The internet", LaneOutside
	}
	return b.position(Position{ID: string(z.Addr()), Kind: KindZone, Title: title, Lane: lane, Address: z.Addr()})
}

func (b *Builder) internet() *Position {
	for _, z := range b.Spec.Zones {
		if z.Internet() {
			return b.zone(z)
		}
	}
	return b.zone(&model.Zone{Name: model.InternetZone})
}

func (b *Builder) foreign(f *model.ForeignCluster) *Position {
	return b.position(Position{ID: string(f.Addr()), Kind: KindZone, Lane: LaneOutside, Address: f.Addr(),
		Title: "A machine of foreign cluster " + f.Name})
}

// source is the position from which a peer's packets come.
func (b *Builder) source(p model.Peer) *Position {
	switch p := p.(type) {
	case *model.Zone:
		return b.zone(p)
	case *model.VPN:
		return b.vpn(p)
	case *model.JumpBox:
		return b.jumpBox(p)
	case *model.Workload:
		return b.pod(p)
	case *model.Gateway:
		return b.gateway(p)
	case *model.ForeignCluster:
		return b.foreign(p)
	case *model.NodePool:
		return b.node(p)
	case *model.Namespace:
		return b.anyPodOf(p)
	}
	return nil
}

// ---- people and the way in

func (b *Builder) device(v *model.VPN, d *model.Device) *Position {
	a := deviceAddr(v, d)
	return b.position(Position{ID: string(a), Kind: KindDevice, Lane: LanePeople, Address: v.Addr(),
		Title: "Device " + d.Name + ", with its user's live session"})
}

func deviceAddr(v *model.VPN, d *model.Device) model.Address {
	return v.Addr() + model.Address("/device."+d.Name)
}

func (b *Builder) vpnKey(v *model.VPN) *Position {
	return b.position(Position{ID: string(v.Addr()) + "/key", Kind: KindCredential, Lane: LanePeople, Address: v.Addr(),
		Title: "A device's private key for VPN " + v.Name})
}

func (b *Builder) vpn(v *model.VPN) *Position {
	return b.position(Position{ID: string(v.Addr()), Kind: KindReach, Lane: LaneWayIn, Address: v.Addr(),
		Title: "A connection to VPN " + v.Name})
}

func (b *Builder) jumpBoxReach(j *model.JumpBox) *Position {
	return b.position(Position{ID: string(j.Addr()) + "/reach", Kind: KindReach, Lane: LaneWayIn, Address: j.Addr(),
		Title: "Reach to the SSH port of jump box " + j.Name})
}

func (b *Builder) jumpBox(j *model.JumpBox) *Position {
	return b.position(Position{ID: string(j.Addr()), Kind: KindHost, Lane: LaneWayIn, Address: j.Addr(),
		Title: "A session on jump box " + j.Name})
}

func (b *Builder) jumpBoxRoot(j *model.JumpBox) *Position {
	return b.position(Position{ID: string(j.Addr()) + "/root", Kind: KindHost, Lane: LaneWayIn, Address: j.Addr(),
		Title: "Root on jump box " + j.Name})
}

// sshKey is a person's key for SSH, as a file: without the security token or the second factor that goes with it.
func (b *Builder) sshKey(t *model.Team) *Position {
	return b.position(Position{ID: string(t.Addr()) + "/ssh-key", Kind: KindCredential, Lane: LanePeople, Address: t.Addr(),
		Title: "The SSH key of a member of team " + t.Name})
}

// nodeLogin is the ability to log in to nodes by SSH as somebody who becomes root there.
func (b *Builder) nodeLogin(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/node-login", Kind: KindCredential, Lane: LanePeople, Address: c.Addr(), Cluster: c.Name,
		Title: "A login to nodes of cluster " + c.Name})
}

func (b *Builder) password(t *model.Team) *Position {
	return b.position(Position{ID: string(t.Addr()) + "/password", Kind: KindCredential, Lane: LanePeople, Address: t.Addr(),
		Title: "The password of a member of team " + t.Name})
}

func (b *Builder) kubeconfig(t *model.Team) *Position {
	return b.position(Position{ID: string(t.Addr()) + "/kubeconfig", Kind: KindCredential, Lane: LanePeople, Address: t.Addr(),
		Title: "The kubeconfig file of a member of team " + t.Name})
}

// leaver is a person who has left the team and tries what he knows and has.
func (b *Builder) leaver(t *model.Team) *Position {
	return b.position(Position{ID: string(t.Addr()) + "/leaver", Kind: KindPerson, Lane: LanePeople, Address: t.Addr(),
		Title: "A former member of team " + t.Name})
}

func (b *Builder) insider(t *model.Team) *Position {
	return b.position(Position{ID: string(t.Addr()) + "/insider", Kind: KindPerson, Lane: LanePeople, Address: t.Addr(),
		Title: "A malicious member of team " + t.Name})
}

// identity is a token of the identity provider that the API server accepts.
func (b *Builder) identity(t *model.Team) *Position {
	return b.position(Position{ID: string(t.Addr()) + "/identity", Kind: KindIdentity, Lane: LanePeople, Address: t.Addr(),
		Title: "A valid login as team " + t.Name})
}

// member is identity and reach together: requests are served with the team's rights.
func (b *Builder) member(c *model.Cluster, t *model.Team) *Position {
	return b.position(Position{ID: string(t.Addr()) + "/requests@" + c.Name, Kind: KindRight, Lane: LaneControlPlane, Address: t.Addr(), Cluster: c.Name,
		Title: "API requests with the rights of team " + t.Name})
}

// ---- supply chain

func (b *Builder) developer(r *model.Repository) *Position {
	return b.position(Position{ID: string(r.Addr()) + "/developer", Kind: KindPerson, Lane: LanePeople, Address: r.Addr(),
		Title: "A developer who may propose and merge changes of repository " + r.Name})
}

func (b *Builder) repository(r *model.Repository) *Position {
	return b.position(Position{ID: string(r.Addr()), Kind: KindStore, Lane: LaneSupplyChain, Address: r.Addr(), Asset: model.SensitivityHigh,
		Title: "Write access to the workloads in repository " + r.Name})
}

// guarded is the part of the deployed branch that code owners guard: policies, the platform's objects, the pipeline.
func (b *Builder) guarded(r *model.Repository) *Position {
	return b.position(Position{ID: string(r.Addr()) + "/guarded", Kind: KindStore, Lane: LaneSupplyChain, Address: r.Addr(), Asset: model.SensitivityCritical,
		Title: "Write access to the guarded files of repository " + r.Name})
}

func (b *Builder) repositoryRead(r *model.Repository) *Position {
	return b.position(Position{ID: string(r.Addr()) + "/clone", Kind: KindData, Lane: LaneSupplyChain, Address: r.Addr(),
		Title: "A clone of repository " + r.Name + " with its history"})
}

func (b *Builder) gitops(g *model.GitOps) *Position {
	return b.position(Position{ID: string(g.Addr()), Kind: KindService, Lane: LaneControlPlane, Address: g.Addr(),
		Title: "Control of GitOps controller " + g.Name})
}

func (b *Builder) pipeline(p *model.Pipeline) *Position {
	return b.position(Position{ID: string(p.Addr()), Kind: KindService, Lane: LaneSupplyChain, Address: p.Addr(),
		Title: "Code runs in a job of pipeline " + p.Name})
}

// release is a job that builds and signs what is deployed, as opposed to a job that tests a proposed change.
func (b *Builder) release(p *model.Pipeline) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/release", Kind: KindService, Lane: LaneSupplyChain, Address: p.Addr(),
		Title: "Code runs in the release job of pipeline " + p.Name})
}

func (b *Builder) pipelineCredential(p *model.Pipeline) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/credential", Kind: KindCredential, Lane: LaneSupplyChain, Address: p.Addr(),
		Title: "A long-lived credential of pipeline " + p.Name})
}

func (b *Builder) signingKey(p *model.Pipeline) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/signing", Kind: KindCredential, Lane: LaneSupplyChain, Address: p.Addr(), Asset: model.SensitivityHigh,
		Title: "The signing identity of pipeline " + p.Name})
}

// registry is an asset where a pipeline of the specification pushes to it; others belong to somebody else.
func (b *Builder) registry(r *model.Registry) *Position {
	p := Position{ID: string(r.Addr()), Kind: KindStore, Lane: LaneSupplyChain, Address: r.Addr(),
		Title: "Write access to registry " + r.Name}
	if b.built(r) {
		p.Asset = model.SensitivityHigh
	}
	return b.position(p)
}

// built reports whether a pipeline of the specification pushes to the registry.
func (b *Builder) built(r *model.Registry) bool {
	found := false
	b.builds(func(_ *model.Pipeline, x *model.Registry) { found = found || x == r })
	return found
}

func (b *Builder) upstream() *Position {
	return b.position(Position{ID: "upstream", Kind: KindService, Lane: LaneSupplyChain,
		Title: "A poisoned upstream: base image, dependency or third-party image"})
}

// ---- reach and rights at the API server

// api is network reach to the API server, from wherever.
func (b *Builder) api(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/api", Kind: KindReach, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "Reach to the API server of cluster " + c.Name})
}

func (b *Builder) admin(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/cluster-admin", Kind: KindRight, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name, Asset: model.SensitivityCritical,
		Title: "Cluster-admin in cluster " + c.Name})
}

// adminCredential makes a cluster-admin of whoever reaches the API server as well.
func (b *Builder) adminCredential(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/admin-credential", Kind: KindCredential, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "An administrator's credential for cluster " + c.Name})
}

// signingKeys are the keys of the cluster CA, the front proxy CA and the service accounts.
func (b *Builder) clusterKeys(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/signing-keys", Kind: KindCredential, Lane: LaneData, Address: c.Addr(), Cluster: c.Name, Asset: model.SensitivityCritical,
		Title: "The signing keys of cluster " + c.Name})
}

func (b *Builder) secrets(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/secrets", Kind: KindData, Lane: LaneData, Address: c.Addr(), Cluster: c.Name, Asset: model.SensitivityCritical,
		Title: "All Secrets of cluster " + c.Name})
}

func (b *Builder) auditLog(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/audit-log", Kind: KindData, Lane: LaneData, Address: c.Addr(), Cluster: c.Name, Asset: model.SensitivityHigh,
		Title: "Power to erase the audit records of cluster " + c.Name})
}

func (b *Builder) capacity(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/capacity", Kind: KindImpact, Lane: LaneData, Address: c.Addr(), Cluster: c.Name,
		Title: "Capacity of cluster " + c.Name + " wasted or exhausted"})
}

func (b *Builder) kubeAPIVulnerable(c *model.Cluster) *Atom {
	return b.atom(Vulnerability, "kube-apiserver@"+string(c.Addr()), "unknown vulnerability in the API server of cluster "+c.Name)
}

// ---- namespaces and workloads

// deploy is the right to create and change workloads of a namespace.
func (b *Builder) deploy(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/deploy", Kind: KindRight, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The right to run any pod in namespace " + n.Name})
}

// anyPodOf is code in some pod of a namespace, whichever.
func (b *Builder) anyPodOf(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/any-pod", Kind: KindWorkload, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Code runs in some pod of namespace " + n.Name})
}

// pod is code execution in a workload's pods: their network and, with one container only, everything in them.
func (b *Builder) pod(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()), Kind: KindWorkload, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Code runs in workload " + name(w)})
}

// container is code execution in one container. With a single container it is the pod's position.
func (b *Builder) container(w *model.Workload, c *model.Container) *Position {
	if c == nil || len(w.Containers) < 2 {
		return b.pod(w)
	}
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/container." + c.Name, Kind: KindContainer, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Code runs in container " + c.Name + " of workload " + name(w)})
}

// reach is network reach to a workload's listening ports.
func (b *Builder) reach(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/reach", Kind: KindReach, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Reach to the ports of workload " + name(w)})
}

// metadata is a request to the metadata address as seen by the node.
func (b *Builder) metadata(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/metadata-request", Kind: KindReach, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "A request to the cloud metadata address from a pod of cluster " + c.Name})
}

// everyPodOf is every pod of a namespace.
func (b *Builder) everyPodOf(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/pods", Kind: KindRight, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Commands in every pod of namespace " + n.Name})
}

// namespaceSecrets are all Secrets of a namespace.
func (b *Builder) namespaceSecrets(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/secrets", Kind: KindData, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The Secrets of namespace " + n.Name})
}

// token is a token of the workload's service account.
func (b *Builder) token(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/token", Kind: KindCredential, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "A token of the service account of workload " + name(w)})
}

// account is token and reach together: requests are served with the rights of the workload's account.
func (b *Builder) account(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/requests", Kind: KindRight, Lane: LaneControlPlane, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "API requests as workload " + name(w)})
}

// mounted are the secrets that a workload mounts.
func (b *Builder) mounted(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/secrets", Kind: KindData, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The secrets of workload " + name(w)})
}

func (b *Builder) asset(a *model.Asset) *Position {
	s := a.Sensitivity
	if s == "" {
		s = model.SensitivityHigh
	}
	p := Position{ID: string(a.Addr()), Kind: KindData, Lane: LaneData, Address: a.Addr(), Asset: s, Title: "Asset " + a.Name}
	if len(a.HeldBy) > 0 {
		p.Cluster = a.HeldBy[0].Namespace.Cluster.Name
	}
	return b.position(p)
}

// podNetwork is the power to send packets into the pod network from a pod or node: the hub between all workloads, so
// that the graph grows with the workloads and not with their pairs.
func (b *Builder) podNetwork(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/pod-network", Kind: KindReach, Lane: LaneNamespaces, Address: c.Addr(), Cluster: c.Name,
		Title: "Packets into the pod network of cluster " + c.Name})
}

// outward is a channel from inside to a host of the attacker's choice.
func (b *Builder) outward(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/exfiltration", Kind: KindImpact, Lane: LaneOutside, Address: c.Addr(), Cluster: c.Name,
		Title: "A channel from a pod of cluster " + c.Name + " to the attacker's host"})
}

func (b *Builder) gateway(g *model.Gateway) *Position {
	p := Position{ID: string(g.Addr()), Kind: KindService, Lane: LaneWayIn, Address: g.Addr(), Title: "Code runs in gateway " + g.Name}
	if g.Namespace != nil {
		p.Cluster = g.Namespace.Cluster.Name
	}
	return b.position(p)
}

func (b *Builder) gatewayReach(g *model.Gateway) *Position {
	p := Position{ID: string(g.Addr()) + "/reach", Kind: KindReach, Lane: LaneWayIn, Address: g.Addr(), Title: "Requests to gateway " + g.Name}
	if g.Namespace != nil {
		p.Cluster = g.Namespace.Cluster.Name
	}
	return b.position(p)
}

func (b *Builder) gatewayKeys(g *model.Gateway) *Position {
	p := Position{ID: string(g.Addr()) + "/tls-keys", Kind: KindCredential, Lane: LaneData, Address: g.Addr(), Title: "The TLS keys of gateway " + g.Name}
	if g.Namespace != nil {
		p.Cluster = g.Namespace.Cluster.Name
	}
	return b.position(p)
}

func (b *Builder) dns(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/dns", Kind: KindService, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "Control of the answers of cluster DNS in " + c.Name})
}

// traffic is other workloads' traffic, to read or to redirect.
func (b *Builder) traffic(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/traffic", Kind: KindData, Lane: LaneData, Address: c.Addr(), Cluster: c.Name,
		Title: "Traffic between other workloads of cluster " + c.Name})
}

// ---- nodes

// node is root on the nodes of a pool.
func (b *Builder) node(p *model.NodePool) *Position {
	lane := LaneNodes
	if controlPlane(p) {
		lane = LaneControlPlane
	}
	return b.position(Position{ID: string(p.Addr()), Kind: KindNode, Lane: lane, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Root on a node of pool " + p.Name})
}

// controlPlane reports whether the pool's nodes hold keys of the control plane.
func controlPlane(p *model.NodePool) bool {
	return p.Has(model.RoleControlPlane) || p.Has(model.RoleEtcd)
}

// runsOn is root on the nodes where a workload may run: those of its pool, or the shared ones.
func (b *Builder) runsOn(w *model.Workload) *Position {
	if w.Pool != nil {
		return b.node(w.Pool)
	}
	return b.sharedNode(w.Namespace.Cluster)
}

// poolsOf are the pools on which a workload is meant to run.
func poolsOf(w *model.Workload) []*model.NodePool {
	if w.Pool != nil {
		return []*model.NodePool{w.Pool}
	}
	return sharedPools(w.Namespace.Cluster)
}

// sharedNode is root on some node that runs workloads without a pool of their own.
func (b *Builder) sharedNode(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/shared-node", Kind: KindNode, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "Out of a shared workload, root on its node in cluster " + c.Name})
}

// sharedPods is every pod of the workloads that have no pool of their own.
func (b *Builder) sharedPods(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/shared-pods", Kind: KindWorkload, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "The pods of the shared nodes of cluster " + c.Name})
}

// nodeNetwork is the power to send packets from a node's own address.
func (b *Builder) nodeNetwork(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/node-network", Kind: KindReach, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "Packets from a node of cluster " + c.Name})
}

// sharedPools are the pools whose nodes take any workload.
func sharedPools(c *model.Cluster) []*model.NodePool {
	var shared []*model.NodePool
	for _, p := range c.NodePools {
		if p.Worker() && !p.Dedicated {
			shared = append(shared, p)
		}
	}
	return shared
}

// controlPools are the pools that hold the control plane's keys.
func controlPools(c *model.Cluster) []*model.NodePool {
	var pools []*model.NodePool
	for _, p := range c.NodePools {
		if controlPlane(p) {
			pools = append(pools, p)
		}
	}
	return pools
}

// podsOn is every pod of a pool's nodes.
func (b *Builder) podsOn(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/pods", Kind: KindWorkload, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Every pod on a node of pool " + p.Name})
}

// nodeReach is network reach to the nodes' own ports.
func (b *Builder) nodeReach(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/reach", Kind: KindReach, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Reach to the addresses of the nodes of pool " + p.Name})
}

func (b *Builder) sshReach(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/ssh", Kind: KindReach, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Reach to SSH on nodes of pool " + p.Name})
}

func (b *Builder) kubeletReach(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/kubelet-api", Kind: KindReach, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Reach to the kubelets' API of pool " + p.Name})
}

// kubelet is the kubelet's credential at the API server.
func (b *Builder) kubelet(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/kubelet", Kind: KindCredential, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The kubelet's credential of a node of pool " + p.Name})
}

func (b *Builder) cloudIdentity(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/cloud-identity", Kind: KindCredential, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The cloud identity of the nodes of pool " + p.Name})
}

// disk is a disk of a node, taken away; it may be encrypted.
func (b *Builder) disk(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/disk", Kind: KindStore, Lane: LaneOutside, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "A stolen disk of a node of pool " + p.Name})
}

func (b *Builder) diskContent(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/disk-content", Kind: KindData, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The files of a node of pool " + p.Name})
}

func (b *Builder) console(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/console", Kind: KindReach, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The management console of a node of pool " + p.Name})
}

func (b *Builder) atMachine(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/at-machine", Kind: KindPerson, Lane: LaneOutside, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Hands on a machine of pool " + p.Name})
}

// ---- control plane data

func (b *Builder) etcdReach(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/etcd-reach", Kind: KindReach, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "Reach to etcd of cluster " + c.Name})
}

func (b *Builder) etcd(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/etcd", Kind: KindStore, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "Read and write access to etcd of cluster " + c.Name})
}

func (b *Builder) etcdFiles(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/etcd-files", Kind: KindStore, Lane: LaneData, Address: c.Addr(), Cluster: c.Name,
		Title: "A copy of etcd's files of cluster " + c.Name})
}

func (b *Builder) encryptionKey(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/encryption-key", Kind: KindCredential, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "The key that encrypts the Secrets of cluster " + c.Name})
}

func (b *Builder) backupFiles(x *model.Backup) *Position {
	return b.position(Position{ID: string(x.Addr()) + "/files", Kind: KindStore, Lane: LaneOutside, Address: x.Addr(),
		Title: "The files of backup " + x.Name})
}

func (b *Builder) backup(x *model.Backup) *Position {
	return b.position(Position{ID: string(x.Addr()), Kind: KindData, Lane: LaneData, Address: x.Addr(), Asset: model.SensitivityCritical,
		Title: "The content of backup " + x.Name})
}

func (b *Builder) backupKey(x *model.Backup) *Position {
	return b.position(Position{ID: string(x.Addr()) + "/key", Kind: KindCredential, Lane: LanePeople, Address: x.Addr(),
		Title: "The private key of backup " + x.Name})
}

func (b *Builder) store(s *model.SecretStore) *Position {
	return b.position(Position{ID: string(s.Addr()), Kind: KindStore, Lane: LaneData, Address: s.Addr(),
		Title: "What secret store " + s.Name + " serves to the cluster"})
}

// workloads calls f for each workload of the specification.
func (b *Builder) workloads(f func(*model.Workload)) {
	for _, c := range b.Spec.Clusters {
		for _, n := range c.Namespaces {
			for _, w := range n.Workloads {
				f(w)
			}
		}
	}
}

// pools calls f for each node pool of the specification.
func (b *Builder) pools(f func(*model.NodePool)) {
	for _, c := range b.Spec.Clusters {
		for _, p := range c.NodePools {
			f(p)
		}
	}
}

// outsiders are the zones, VPNs, jump boxes and foreign clusters, in this order: where packets from outside the cluster
// come from.
func (b *Builder) outsiders() []model.Peer {
	var peers []model.Peer
	for _, z := range b.Spec.Zones {
		peers = append(peers, z)
	}
	for _, v := range b.Spec.VPNs {
		peers = append(peers, v)
	}
	for _, j := range b.Spec.JumpBoxes {
		peers = append(peers, j)
	}
	for _, f := range b.Spec.ForeignClusters {
		peers = append(peers, f)
	}
	return peers
}

// declares reports whether a peer is among those that a list admits.
func declares(list []model.Peer, p model.Peer) bool {
	return slices.ContainsFunc(list, func(x model.Peer) bool { return x.Addr() == p.Addr() })
}
