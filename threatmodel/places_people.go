package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// Positions of people, of the way in, and of the supply chain.

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
