package model

import (
	"cmp"
	"slices"
)

// build makes the model of the decoded blocks. First every block gets its object, so that references find it in any
// order, then each is filled.
func (l *loader) build() {
	l.nodes = map[any]*node{}
	for _, n := range l.top {
		if n.broken {
			continue
		}
		if n.object = shell(n); n.object != nil {
			n.object.(interface{ call(Address) }).call(n.addr)
			l.nodes[n.object] = n
		}
	}
	l.collect()
	for _, n := range l.of("workload") {
		done := l.about(n)
		l.placeWorkload(n)
		done()
	}
	for _, b := range Schema {
		fill := builders[b.Name]
		if fill == nil {
			continue
		}
		for _, n := range l.of(b.Name) {
			done := l.about(n)
			fill(l, n)
			done()
		}
	}
	l.sortSpec()
	l.checkSpec()
	l.weaken()
	l.resolveImages()
	l.checkManaged()
}

// builders fill the objects, by kind of block.
var builders = map[string]func(*loader, *node){
	"cluster":         (*loader).buildCluster,
	"zone":            (*loader).buildZone,
	"vpn":             (*loader).buildVPN,
	"jump_box":        (*loader).buildJumpBox,
	"node_pool":       (*loader).buildNodePool,
	"registry":        (*loader).buildRegistry,
	"repository":      (*loader).buildRepository,
	"pipeline":        (*loader).buildPipeline,
	"gitops":          (*loader).buildGitOps,
	"secret_store":    (*loader).buildSecretStore,
	"backup":          (*loader).buildBackup,
	"team":            (*loader).buildTeam,
	"gateway":         (*loader).buildGateway,
	"addon":           (*loader).buildAddOn,
	"mesh":            (*loader).buildMesh,
	"foreign_cluster": (*loader).buildForeignCluster,
	"namespace":       (*loader).buildNamespace,
	"workload":        (*loader).buildWorkload,
	"attestation":     (*loader).buildAttestation,
	"asset":           (*loader).buildAsset,
	"invariant":       (*loader).buildInvariant,
}

// shell returns the empty object of a block, with its name.
func shell(n *node) any {
	name := n.name()
	switch n.schema.Name {
	case "cluster":
		return &Cluster{Name: name}
	case "zone":
		return &Zone{Name: name}
	case "vpn":
		return &VPN{Name: name}
	case "jump_box":
		return &JumpBox{Name: name}
	case "node_pool":
		return &NodePool{Name: name}
	case "registry":
		return &Registry{Name: name}
	case "repository":
		return &Repository{Name: name}
	case "pipeline":
		return &Pipeline{Name: name}
	case "gitops":
		return &GitOps{Name: name}
	case "secret_store":
		return &SecretStore{Name: name}
	case "backup":
		return &Backup{Name: name}
	case "team":
		return &Team{Name: name}
	case "gateway":
		return &Gateway{Name: name}
	case "addon":
		return &AddOn{Name: name}
	case "mesh":
		return &Mesh{Name: name}
	case "foreign_cluster":
		return &ForeignCluster{Name: name}
	case "namespace":
		return &Namespace{Name: name}
	case "workload":
		return &Workload{Name: name}
	case "exception":
		return &Exception{Name: name}
	case "attestation":
		return &Attestation{Name: name}
	case "asset":
		return &Asset{Name: name}
	case "invariant":
		return &Invariant{Name: name}
	}
	return nil
}

// of returns the blocks of a kind that have a usable header, in declared order.
func (l *loader) of(kind string) []*node {
	if l.kinds == nil {
		l.kinds = map[string][]*node{}
		for _, n := range l.top {
			if !n.broken {
				l.kinds[n.schema.Name] = append(l.kinds[n.schema.Name], n)
			}
		}
	}
	return l.kinds[kind]
}

// lost reports whether a block of the kind is there whose name is wrong, so that what seems to be missing may be it.
func (l *loader) lost(kind string) bool {
	return slices.ContainsFunc(l.top, func(n *node) bool { return n.schema.Name == kind && n.broken })
}

// objects returns the model values of the blocks of a kind.
func objects[T any](l *loader, kind string) []T {
	var all []T
	for _, n := range l.of(kind) {
		all = append(all, n.object.(T))
	}
	return all
}

// collect puts the objects into the specification.
func (l *loader) collect() {
	s := l.spec
	s.Clusters = objects[*Cluster](l, "cluster")
	s.Zones = append(objects[*Zone](l, "zone"), l.tree.child("zone").child(InternetZone).node.object.(*Zone))
	s.VPNs = objects[*VPN](l, "vpn")
	s.JumpBoxes = objects[*JumpBox](l, "jump_box")
	s.Registries = objects[*Registry](l, "registry")
	s.Repositories = objects[*Repository](l, "repository")
	s.Pipelines = objects[*Pipeline](l, "pipeline")
	s.GitOps = objects[*GitOps](l, "gitops")
	s.SecretStores = objects[*SecretStore](l, "secret_store")
	s.Backups = objects[*Backup](l, "backup")
	s.Teams = objects[*Team](l, "team")
	s.Gateways = objects[*Gateway](l, "gateway")
	s.AddOns = objects[*AddOn](l, "addon")
	s.Meshes = objects[*Mesh](l, "mesh")
	s.ForeignClusters = objects[*ForeignCluster](l, "foreign_cluster")
	s.Exceptions = objects[*Exception](l, "exception")
	s.Attestations = objects[*Attestation](l, "attestation")
	s.Assets = objects[*Asset](l, "asset")
	s.Invariants = objects[*Invariant](l, "invariant")
}

func byName[T any](s []T, name func(T) string) {
	slices.SortStableFunc(s, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
}

// sortSpec sorts everything by name, whatever the order in the files.
func (l *loader) sortSpec() {
	s := l.spec
	byName(s.Clusters, func(x *Cluster) string { return x.Name })
	byName(s.Zones, func(x *Zone) string { return x.Name })
	byName(s.VPNs, func(x *VPN) string { return x.Name })
	byName(s.JumpBoxes, func(x *JumpBox) string { return x.Name })
	byName(s.Registries, func(x *Registry) string { return x.Name })
	byName(s.Repositories, func(x *Repository) string { return x.Name })
	byName(s.Pipelines, func(x *Pipeline) string { return x.Name })
	byName(s.GitOps, func(x *GitOps) string { return x.Name })
	byName(s.SecretStores, func(x *SecretStore) string { return x.Name })
	byName(s.Backups, func(x *Backup) string { return x.Name })
	byName(s.Teams, func(x *Team) string { return x.Name })
	byName(s.Gateways, func(x *Gateway) string { return x.Name })
	byName(s.AddOns, func(x *AddOn) string { return x.Name })
	byName(s.Meshes, func(x *Mesh) string { return x.Name })
	byName(s.ForeignClusters, func(x *ForeignCluster) string { return x.Name })
	byName(s.Exceptions, func(x *Exception) string { return x.Name })
	byName(s.Attestations, func(x *Attestation) string { return x.Name })
	byName(s.Assets, func(x *Asset) string { return x.Name })
	byName(s.Invariants, func(x *Invariant) string { return x.Name })
	for _, c := range s.Clusters {
		byName(c.NodePools, func(x *NodePool) string { return x.Name })
		byName(c.Namespaces, func(x *Namespace) string { return x.Name })
		for _, n := range c.Namespaces {
			byName(n.Workloads, func(x *Workload) string { return x.Name })
		}
	}
}
