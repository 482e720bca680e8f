package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkSpec holds what only the whole specification shows.
func (l *loader) checkSpec() {
	l.checkClusters()
	if len(l.homeless) > 0 && !l.lost("node_pool") {
		n := l.homeless[0]
		more := ""
		if len(l.homeless) > 1 {
			more = fmt.Sprintf(" and %s", plural(len(l.homeless)-1, "other", "others"))
		}
		l.errorf(n.at, "No pool", "No pool can run %s%s: every worker pool is dedicated, or there is none. Declare a node_pool without roles, or name a dedicated one: pool = node_pool.NAME.", n.describe(), more)
	}
	l.checkCapacity()
	l.checkNetworks()
	l.checkPorts()
	l.checkNodeFlows()
	l.checkSharedNames()
	l.checkAddOns()
	l.checkSelectors()
	l.checkGateways()
	l.checkAccounts()
	l.checkDeployed()
	l.checkHosts()
	l.checkGroups()
	l.checkRegistries()
	l.checkSecretVolumes()
	l.checkSignatures()
	l.checkKeys()
}

// checkSignatures holds that there is something to ask for, and somebody who asks.
func (l *loader) checkSignatures() {
	for _, n := range l.of("cluster") {
		b := n.one("admission")
		if b == nil || !l.has(b, "signatures") {
			continue
		}
		if signed := func(r *Registry) bool { return len(r.SignedBy) > 0 }; !slices.ContainsFunc(l.spec.Registries, signed) && !l.lost("registry") {
			l.errorf(l.at(b, "signatures"), "No keys", "No registry has keys in signed_by, so there is no signature to ask for. Name the keys, or leave signatures out.")
		}
		controller := func(a *AddOn) bool {
			return a.Name == string(PolicyController) && a.Namespace != nil && a.Namespace.Cluster == n.object
		}
		if !slices.ContainsFunc(l.spec.AddOns, controller) && !l.lost("addon") {
			l.errorf(l.at(b, "signatures"), "Missing add-on", "Nothing says that policy-controller runs in %s, and without it nobody asks for signatures. Install it, and declare addon %q with its namespace.", n.addr, PolicyController)
		}
	}
}

// checkSelectors holds that the pods of a workload or gateway are selected by no other: a policy for one would hold for both.
func (l *loader) checkSelectors() {
	type entry struct {
		n         *node
		attribute string
		labels    map[string]string
	}
	custom := map[*Namespace][]entry{}
	byName := map[string]*node{}
	for _, n := range l.of("workload") {
		w := n.object.(*Workload)
		byName[w.Namespace.Name+"/"+w.Name] = n
		if l.has(n, "pods") && len(w.Selector) > 0 {
			custom[w.Namespace] = append(custom[w.Namespace], entry{n, "pods", w.Selector})
		}
	}
	for _, n := range l.of("gateway") {
		if g := n.object.(*Gateway); g.Namespace != nil && len(g.Selector) > 0 {
			custom[g.Namespace] = append(custom[g.Namespace], entry{n, "selector", g.Selector})
		}
	}
	for namespace, entries := range custom {
		for i, b := range entries {
			shared := func(with *node) {
				l.errorf(l.at(b.n, b.attribute), "Shared pods", "These labels may select pods of %s too; its policies would hold for both. Add a label that only these pods have.", with.describe())
			}
			if name, ok := b.labels["app.kubernetes.io/name"]; ok {
				if other := byName[namespace.Name+"/"+name]; other != nil && other != b.n && !l.has(other, "pods") {
					shared(other)
				}
			}
			for _, a := range entries[:i] {
				if compatible(a.labels, b.labels) && (subset(a.labels, b.labels) || subset(b.labels, a.labels)) {
					shared(a.n)
				}
			}
		}
	}
}

// compatible reports whether one pod can have the labels of both.
func compatible(a, b map[string]string) bool {
	for k, v := range a {
		if w, ok := b[k]; ok && v != w {
			return false
		}
	}
	return true
}

func subset(a, b map[string]string) bool {
	for k := range a {
		if _, ok := b[k]; !ok {
			return false
		}
	}
	return true
}

// checkAccounts holds that no workload gets an account of the GitOps controller, which may write roles.
func (l *loader) checkAccounts() {
	for _, n := range l.of("workload") {
		w := n.object.(*Workload)
		for _, b := range l.of("gitops") {
			g := b.object.(*GitOps)
			if g.Kind == "" || g.Namespace() != w.Namespace.Name {
				continue
			}
			taken := w.Name == g.GuardAccount()
			for _, d := range g.Deploys {
				taken = taken || w.Name == g.AppsAccount(d)
			}
			if taken {
				l.errorf(n.labelAt[1], "Reserved name", "Each workload has a service account of its name, and the account %q in the namespace %q is one by which %s applies the repository. Choose another name.", w.Name, w.Namespace.Name, b.describe())
				break
			}
		}
	}
}

// checkDeployed warns of namespaces that no GitOps controller of their cluster deploys, although there is one: nothing applies
// their manifests but people, which is easily forgotten. A controller's own namespace is there before it.
func (l *loader) checkDeployed() {
	deployed, at := map[*Namespace]bool{}, map[*Cluster]*node{}
	own := map[string]bool{}
	for _, b := range l.of("gitops") {
		g := b.object.(*GitOps)
		if g.Kind != "" {
			own[g.Namespace()] = true
		}
		for _, d := range g.Deploys {
			deployed[d] = true
			if at[d.Cluster] == nil {
				at[d.Cluster] = b
			}
		}
	}
	left := map[*node][]string{}
	for _, n := range l.of("namespace") {
		if ns := n.object.(*Namespace); !deployed[ns] && !own[ns.Name] && at[ns.Cluster] != nil {
			left[at[ns.Cluster]] = append(left[at[ns.Cluster]], string(ns.Addr()))
		}
	}
	for _, b := range l.of("gitops") {
		if names := left[b]; len(names) > 0 {
			slices.Sort(names)
			shown := names[:min(len(names), 5)]
			more := ""
			if n := len(names) - len(shown); n > 0 {
				more = fmt.Sprintf(" and %d more", n)
			}
			l.warnf(l.at(b, "deploys"), "Not deployed", "No gitops block deploys %s%s: what is generated for them is applied only by hand, and drifts unseen. Add them to deploys, or delete the namespaces.", strings.Join(shown, ", "), more)
		}
	}
}

// checkHosts holds that a host name and path lead to one workload.
func (l *loader) checkHosts() {
	first := map[string]*node{}
	for _, n := range l.of("workload") {
		for _, b := range n.all("expose") {
			if b.broken {
				continue
			}
			key := l.hostOf(b) + as[string](l, b, "path")
			if other := first[key]; other != nil && other != n {
				at := b.labelAt[0]
				if l.has(b, "host") {
					at = l.at(b, "host")
				}
				l.errorf(at, "Duplicate host", "%s publishes %s already. Give one of them a path of its own.", other.describe(), key)
			}
			first[key] = n
		}
	}
}

// checkGroups holds that a group of the identity provider means one team.
func (l *loader) checkGroups() {
	first := map[string]string{}
	for _, n := range l.of("team") {
		g := as[string](l, n, "oidc_group")
		if other, ok := first[g]; ok && g != "" {
			l.errorf(l.at(n, "oidc_group"), "Duplicate group", "The group %q belongs to team %q already; the rights of both would add up.", g, other)
		}
		first[g] = n.name()
	}
}

func (l *loader) checkRegistries() {
	first := map[string]string{}
	for _, n := range l.of("registry") {
		r := n.object.(*Registry)
		key := r.Host + "/" + r.Path
		if other, ok := first[key]; ok && r.Host != "" {
			l.errorf(l.at(n, "host"), "Duplicate registry", "registry %q has the same host and path.", other)
		}
		first[key] = n.name()
	}
}

// checkSecretVolumes holds that nothing needs a Secret of a store whose secrets are volumes.
func (l *loader) checkSecretVolumes() {
	for _, n := range l.of("registry") {
		if p := n.object.(*Registry).PullSecret; p != nil && p.Store != nil && p.Store.Through == ThroughCSI {
			l.errorf(l.at(n.one("pull_secret"), "from"), "No Secret from a volume", "A node pulls before there is a pod that could mount anything. Take a store without through = \"csi\", or leave from out and make the Secret %q by hand.", n.object.(*Registry).PullSecretName())
		}
	}
	for _, n := range l.of("workload") {
		for _, b := range n.all("secret") {
			store := as[*SecretStore](l, b, "from")
			if b.broken || store == nil || store.Through != ThroughCSI {
				continue
			}
			if path := as[string](l, b, "path"); path != "" && !strings.Contains(path, "#") {
				l.errorf(l.at(b, "path"), "Which property?", "The CSI driver writes one property into one file. Write its name behind the entry, for example path = \"%s#password\".", path)
			}
			if l.has(b, "env") {
				l.errorf(l.at(b, "env"), "No variable from a volume", "The CSI driver makes no Secret that a variable could come from. Let the program read the file %s%s, or take a store without through = \"csi\".", secretDir, b.labels[0])
			}
		}
	}
}

// checkKeys holds that a WireGuard key belongs to one device of all VPNs.
func (l *loader) checkKeys() {
	first := map[string]string{}
	for _, n := range l.of("vpn") {
		for _, b := range n.all("device") {
			key := as[string](l, b, "public_key")
			if other, ok := first[key]; ok && key != "" && other != string(n.addr) {
				l.errorf(l.at(b, "public_key"), "Duplicate key", "A device of %s has this key already. Each device makes its own.", other)
			}
			first[key] = string(n.addr)
		}
	}
}

// registryOf returns the registry whose host and path fit an image best, or nil.
func (l *loader) registryOf(i Image) *Registry {
	var best *Registry
	for _, n := range l.of("registry") {
		r := n.object.(*Registry)
		fits := r.Host == i.Host && (r.Path == "" || strings.HasPrefix(i.Path, r.Path+"/"))
		if fits && (best == nil || len(r.Path) > len(best.Path)) {
			best = r
		}
	}
	return best
}

// findRegistry gives an image its registry, or reports that it comes from nowhere that was declared.
func (l *loader) findRegistry(b *node, i *Image) {
	if i.Host == "" {
		return
	}
	if i.Registry = l.registryOf(*i); i.Registry != nil || l.lost("registry") {
		return
	}
	hosts := map[string]bool{}
	for _, n := range l.of("registry") {
		r := n.object.(*Registry)
		if r.Host == "" {
			return // reported there
		}
		name := r.Host
		if r.Path != "" {
			name += "/" + r.Path
		}
		hosts[name] = true
	}
	hint := "Declare it: registry \"NAME\" { host = " + fmt.Sprintf("%q", i.Host) + " … }."
	if len(hosts) > 0 {
		hint = fmt.Sprintf("Images may come from %s. %s", either(slices.Sorted(maps.Keys(hosts))), hint)
	}
	l.errorf(l.at(b, "image"), "Undeclared registry", "%q comes from %s, which is no declared registry. %s", i.Written, i.Host, hint)
}
