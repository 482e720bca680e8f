package model

import (
	"slices"
	"strings"
)

func (l *loader) buildRegistry(n *node) {
	r := n.object.(*Registry)
	r.Host = as[string](l, n, "host")
	if r.Host == "index.docker.io" || r.Host == "registry-1.docker.io" {
		r.Host = "docker.io"
	}
	r.Path = as[string](l, n, "path")
	r.SignedBy = each[string](l, n, "signed_by")
	b := n.one("pull_secret")
	if b == nil {
		return
	}
	r.PullSecret = &PullSecret{Store: as[*SecretStore](l, b, "from"), Path: as[string](l, b, "path")}
	switch {
	case l.has(b, "from") && !l.has(b, "path"):
		l.errorf(b.at, "Missing path", "%s comes from a store: write its path there, for example path = \"registries/%s\".", b.describe(), r.Name)
	case !l.has(b, "from") && l.has(b, "path"):
		l.errorf(l.at(b, "path"), "Missing from", "A path needs the store it leads through. Write for example from = secret_store.vault.")
	case strings.Contains(r.PullSecret.Path, "#"):
		entry, _, _ := strings.Cut(r.PullSecret.Path, "#")
		l.errorf(l.at(b, "path"), "Entry, not property", "A registry asks for a name and a password, which are the properties username and password of one entry. Write path = %q.", entry)
	}
}

func (l *loader) buildRepository(n *node) {
	r := n.object.(*Repository)
	r.URL = as[string](l, n, "url")
	r.Reviews = as[int](l, n, "reviews")
	r.SignedCommits = as[bool](l, n, "signed_commits")
}

func (l *loader) buildPipeline(n *node) {
	p := n.object.(*Pipeline)
	p.Kind = as[PipelineKind](l, n, "kind")
	p.Scanner = as[Scanner](l, n, "scanner")
	p.FailOn = as[Severity](l, n, "fail_on")
	p.Builds = each[*Registry](l, n, "builds")
	p.Repository = each[*Repository](l, n, "repository")
	byName(p.Builds, func(r *Registry) string { return r.Name })
	byName(p.Repository, func(r *Repository) string { return r.Name })
	if p.Kind == GitLabCI {
		l.warnf(n.at, "No pipeline files", "This version writes no files for %q yet: what %s does to images is not claimed, and the threat model counts it as absent.", p.Kind, n.describe())
	}
}

func (l *loader) buildGitOps(n *node) {
	g := n.object.(*GitOps)
	g.Kind = as[GitOpsKind](l, n, "kind")
	g.Source = as[*Repository](l, n, "source")
	g.Branch = as[string](l, n, "branch")
	g.Path = as[string](l, n, "path")
	g.Deploys = l.namespaces(n, "deploys")
	g.Privileges = as[GitOpsPrivileges](l, n, "privileges")
	l.notEmpty(n, "deploys", "Name the namespaces that it writes to.")
}

// namespaces returns the namespaces that a list names, each once, sorted.
func (l *loader) namespaces(n *node, name string) []*Namespace {
	all := each[*Namespace](l, n, name)
	byName(all, func(x *Namespace) string { return x.Name })
	return slices.Compact(all)
}

func (l *loader) buildSecretStore(n *node) {
	s := n.object.(*SecretStore)
	s.Kind = as[SecretStoreKind](l, n, "kind")
	s.Endpoint = as[HostPort](l, n, "endpoint")
	s.Through = as[Through](l, n, "through")
}

func (l *loader) buildBackup(n *node) {
	b := n.object.(*Backup)
	b.Cluster = l.clusterOf(n)
	b.To = as[string](l, n, "to")
	b.Encrypted = as[bool](l, n, "encrypted")
	b.Recipient = as[string](l, n, "recipient")
	b.Schedule = as[BackupSchedule](l, n, "schedule")
	b.Immutable = as[bool](l, n, "immutable")
	if !b.Encrypted && b.Recipient != "" {
		l.errorf(l.at(n, "recipient"), "Useless recipient", "The copies are not encrypted, so nobody is their recipient. Leave out encrypted = false.")
	}
}

func (l *loader) buildTeam(n *node) {
	t := n.object.(*Team)
	t.OIDCGroup = as[string](l, n, "oidc_group")
	t.CodeOwner = as[string](l, n, "code_owner")
	t.Inspects = each[*Cluster](l, n, "inspects")
	byName(t.Inspects, func(c *Cluster) string { return c.Name })
	t.Inspects = slices.Compact(t.Inspects)
	for _, b := range n.all("can") {
		if b.broken {
			continue
		}
		l.notEmpty(b, "in", "Name the namespaces.")
		t.Grants = append(t.Grants, &Grant{Action: Action(b.labels[0]), In: l.namespaces(b, "in")})
	}
	byName(t.Grants, func(g *Grant) string { return string(g.Action) })
	if b := n.one("break_glass"); b != nil {
		t.BreakGlass = &BreakGlass{Hours: as[int](l, b, "hours"), Approvers: each[*Team](l, b, "approvers")}
		byName(t.BreakGlass.Approvers, func(x *Team) string { return x.Name })
		l.notEmpty(b, "approvers", "Name a team that approves.")
		for _, v := range l.items(b, "approvers") {
			if r, ok := v.v.(*ref); ok && r.object() == any(t) {
				l.errorf(v.at, "Approval of one's own access", "%s would let itself in. Name another team.", t.Addr())
			}
		}
	}
}

func (l *loader) buildGateway(n *node) {
	g := n.object.(*Gateway)
	g.Kind = as[GatewayKind](l, n, "kind")
	g.Class = as[string](l, n, "class")
	g.Namespace = as[*Namespace](l, n, "namespace")
	g.From = l.peers(n, "from")
	g.Port = as[int](l, n, "port")
	g.Selector = table[string](l, n, "selector")
	l.notEmpty(n, "from", "Nobody could reach the gateway.")
	l.notEmpty(n, "selector", "It would mean all pods of the namespace.")
}

func (l *loader) buildAddOn(n *node) {
	a := n.object.(*AddOn)
	a.Version = as[string](l, n, "version")
	a.Namespace = as[*Namespace](l, n, "namespace")
	a.Owner = as[*Team](l, n, "owner")
}

func (l *loader) buildMesh(n *node) {
	m := n.object.(*Mesh)
	m.Kind = as[MeshKind](l, n, "kind")
	m.Namespaces = l.namespaces(n, "namespaces")
	m.Strict = as[bool](l, n, "strict")
	l.notEmpty(n, "namespaces", "Name the namespaces that are in the mesh.")
	for _, namespace := range m.Namespaces {
		if namespace.Mesh != nil && namespace.Mesh != m {
			l.errorf(l.at(n, "namespaces"), "Two meshes", "%s is in %s already. A workload has one identity.", namespace.Addr(), namespace.Mesh.Addr())
			continue
		}
		namespace.Mesh = m
	}
}

func (l *loader) buildNamespace(n *node) {
	s := n.object.(*Namespace)
	s.Cluster = l.clusterOf(n)
	s.Owner = as[*Team](l, n, "owner")
	if name := as[string](l, n, "name"); name != "" {
		s.Name = name
	}
	if l.value(n.attribute("pod_security")) != nil || !l.has(n, "pod_security") {
		s.PodSecurity = as[PodSecurity](l, n, "pod_security") // not known where it is wrong
	}
	s.Labels = table[string](l, n, "labels")
	if b := n.one("quota"); b != nil {
		s.Quota = &Quota{
			CPU:     as[string](l, b, "cpu"),
			Memory:  as[string](l, b, "memory"),
			Storage: as[string](l, b, "storage"),
			Pods:    as[int](l, b, "pods"),
		}
	}
	if s.Cluster != nil {
		s.Cluster.Namespaces = append(s.Cluster.Namespaces, s)
	}
	l.checkNamespace(n)
}

func (l *loader) buildAsset(n *node) {
	a := n.object.(*Asset)
	a.HeldBy = each[*Workload](l, n, "held_by")
	byName(a.HeldBy, func(w *Workload) string { return w.Name })
	a.Sensitivity = as[Sensitivity](l, n, "sensitivity")
	l.notEmpty(n, "held_by", "Name the workloads that hold it.")
}
