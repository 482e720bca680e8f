package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// placeWorkload gives a workload its namespace, containers and ports, which other blocks refer to.
func (l *loader) placeWorkload(n *node) {
	w := n.object.(*Workload)
	w.Namespace = &Namespace{Name: n.labels[0]} // until its own is found
	b := l.tree.child("namespace").children[n.labels[0]]
	var home *node
	switch {
	case b == nil:
		l.errorf(n.labelAt[0], "Unknown namespace", "There is no namespace %q.%s Declare it: namespace %q { owner = team.NAME }.", n.labels[0], didYouMeanKey(n.labels[0], l.tree.child("namespace").children), n.labels[0])
	case !b.node.repeats():
		home = b.node
	case n.each == nil:
		l.errorf(n.labelAt[0], "Which namespace", "%s has for_each and stands for several namespaces. Write for_each = %s for one workload in each.", b.node.addr, b.node.addr)
	default:
		if home = l.family(b.node).members[n.each.key]; home == nil {
			l.errorf(n.labelAt[0], "Unknown key", "%s would stand in %s, which there is not: for_each of the namespace has no key %q.", n.addr, element(b.node.addr, n.each.key), n.each.key)
		}
	}
	if home != nil && home.object != nil {
		w.Namespace = home.object.(*Namespace)
		w.Namespace.Workloads = append(w.Namespace.Workloads, w)
	}
	w.Kind = as[WorkloadKind](l, n, "kind")
	w.Manifests = as[Manifests](l, n, "manifests")
	n.names = map[string]*Port{}
	numbers := map[string]string{}
	if w.Manifests == ManifestsExternal {
		l.buildPorts(n, w, nil, n, numbers)
	} else {
		l.buildContainers(n, w, numbers)
	}
	byName(w.Ports, func(p *Port) string { return p.Name })
}

func (l *loader) buildContainers(n *node, w *Workload, numbers map[string]string) {
	taken := map[string]bool{}
	add := func(b *node, name string) *Container {
		if taken[name] {
			l.errorf(b.at, "Duplicate container", "%s has a container %q already; the first is named like the workload.", n.describe(), name)
		}
		taken[name] = true
		return &Container{Name: name}
	}
	main := add(n, w.Name)
	w.Containers = []*Container{main}
	l.buildPorts(n, w, main, n, numbers)
	more := n.all("container")
	slices.SortStableFunc(more, func(a, b *node) int { return strings.Compare(strings.Join(a.labels, ""), strings.Join(b.labels, "")) })
	for _, b := range more {
		if b.broken {
			continue
		}
		c := add(b, b.labels[0])
		c.Sidecar = as[bool](l, b, "sidecar")
		w.Containers = append(w.Containers, c)
		l.buildPorts(n, w, c, b, numbers)
	}
	for _, b := range n.all("init_container") {
		if !b.broken {
			w.InitContainers = append(w.InitContainers, add(b, b.labels[0]))
		}
	}
}

// buildPorts adds the ports of one container, written as a map or as blocks.
func (l *loader) buildPorts(n *node, w *Workload, c *Container, b *node, numbers map[string]string) {
	add := func(name string, at hcl.Range, p *Port) {
		p.Name, p.Workload, p.Container = name, w, c
		if p.Number == 0 {
			return // reported
		}
		if n.names[name] != nil {
			l.errorf(at, "Duplicate port", "%s has a port %q already. Port names are unique in a workload.", n.describe(), name)
			return
		}
		key := fmt.Sprintf("%d/%s", p.Number, p.Protocol)
		if first, ok := numbers[key]; ok {
			l.errorf(at, "Duplicate port", "The port %q listens on %s already; the containers of a pod share one address.", first, key)
			return
		}
		numbers[key] = name
		if p.Service == 0 {
			p.Service = p.Number
		}
		n.names[name] = p
		w.Ports = append(w.Ports, p)
	}
	for _, e := range l.items(b, "ports") {
		add(e.key, e.keyAt, &Port{Number: of[int](e), Protocol: TCP})
	}
	for _, p := range b.all("port") {
		if !p.broken {
			add(p.labels[0], p.at, &Port{Number: as[int](l, p, "number"), Protocol: as[Protocol](l, p, "protocol"), Service: as[int](l, p, "service")})
		}
	}
}

func (l *loader) buildWorkload(n *node) {
	w := n.object.(*Workload)
	w.Selector = map[string]string{"app.kubernetes.io/name": w.Name}
	if l.has(n, "pods") {
		w.Selector = table[string](l, n, "pods")
		l.notEmpty(n, "pods", "An empty selector would mean all pods of the namespace.")
	}
	w.Schedule = as[string](l, n, "schedule")
	w.Pool = as[*NodePool](l, n, "pool")
	w.Arch = each[Arch](l, n, "arch")
	slices.Sort(w.Arch)
	w.Arch = slices.Compact(w.Arch)
	w.GraceSeconds = as[int](l, n, "grace_seconds")
	w.Priority = as[Priority](l, n, "priority")
	if b := n.one("scaling"); b != nil {
		w.Scaling = &Scaling{Min: as[int](l, b, "min"), Max: as[int](l, b, "max"), CPU: as[int](l, b, "cpu")}
	}
	if b := n.one("host"); b != nil {
		w.Host = Host{
			PID: as[bool](l, b, "pid"), IPC: as[bool](l, b, "ipc"), Network: as[bool](l, b, "network"),
			Ports: each[int](l, b, "ports"), Paths: table[HostMode](l, b, "paths"),
		}
		slices.Sort(w.Host.Ports)
		w.Host.Ports = slices.Compact(w.Host.Ports)
	}
	l.fillContainers(n, w)
	l.buildFrom(n)
	l.buildCalls(n, w)
	for _, b := range n.all("expose") {
		l.buildExpose(n, w, b)
	}
	byName(w.Exposes, func(e *Expose) string { return e.Host + " " + e.Path })
	for _, b := range n.all("egress") {
		l.buildEgress(w, b)
	}
	byName(w.Egress, func(e *Egress) string { return e.Name })
	l.buildFiles(n, w)
	for _, b := range n.all("api_access") {
		l.buildAPIAccess(w, b)
	}
	byName(w.APIAccess, func(a *APIAccess) string { return a.Name })
	l.setReplicas(n, w)
	l.checkWorkload(n, w)
}

// setReplicas applies the default: two, so that one can be moved; one where a volume belongs to the pod.
func (l *loader) setReplicas(n *node, w *Workload) {
	switch w.Kind {
	case DaemonSet, Job, CronJob:
		return
	}
	w.Replicas = 2
	if w.Kind == StatefulSet {
		for _, v := range w.Volumes {
			if v.Kind == Persistent {
				w.Replicas = 1
			}
		}
	}
	if l.has(n, "replicas") {
		w.Replicas = as[int](l, n, "replicas")
	}
}

// portOf returns the port of the workload that an attribute names; left out, the only one.
func (l *loader) portOf(n, b *node, name string) *Port {
	known := l.portNames(n)
	if !l.has(b, name) {
		if len(known) == 1 {
			return n.names[known[0]]
		}
		if l.portsUnclear(n) {
			return nil
		}
		l.errorf(b.at, "Missing "+name, "%s needs %s: %s has %s.%s", b.describe(), name, n.describe(), count(len(known), "port"), didYouMeanPort(known))
		return nil
	}
	v := l.get(b, name)
	if v == nil {
		return nil
	}
	port := of[string](*v)
	if !slices.Contains(known, port) {
		if l.portsUnclear(n) {
			return nil
		}
		var hint any = didYouMean(port, known)
		if hint == suggestion("") {
			hint = didYouMeanPort(known)
		}
		l.errorf(v.at, "Unknown port", "%s has no port %q.%s", n.describe(), port, hint)
		return nil
	}
	return n.names[port]
}

// buildFrom reads who may connect to the ports.
func (l *loader) buildFrom(n *node) {
	for _, c := range append([]*node{n}, n.all("container")...) {
		for _, b := range c.all("port") {
			if !b.broken && n.names[b.labels[0]] != nil {
				n.names[b.labels[0]].From = l.peers(b, "from")
			}
		}
	}
}

// buildCalls reads what the workload connects to.
func (l *loader) buildCalls(n *node, w *Workload) {
	seen := map[Address]bool{}
	for _, v := range l.items(n, "calls") {
		r, ok := v.v.(*ref)
		if !ok {
			continue
		}
		p, _ := r.object().(*Port)
		if r.kind == "workload" {
			known := l.portNames(r.node)
			if len(known) == 0 && l.portsUnclear(r.node) {
				continue
			}
			if len(known) == 0 {
				l.errorf(v.at, "Nothing to call", "%s listens on no port. Declare one there first: ports = { http = 8080 }.", r.addr)
				continue
			}
			if len(known) != 1 {
				l.errorf(v.at, "Ambiguous call", "%s has %s. Name the one that is called: %s.port.NAME.%s", r.addr, count(len(known), "port"), r.addr, didYouMeanPort(known))
				continue
			}
			p = r.node.names[known[0]]
		}
		if p == nil {
			continue // reported at the port
		}
		if a := p.Addr(); !seen[a] {
			seen[a] = true
			w.Calls = append(w.Calls, p)
		}
	}
	byName(w.Calls, func(p *Port) string { return string(p.Addr()) })
}

// hostOf returns the host name of an expose block.
func (l *loader) hostOf(b *node) string {
	if l.has(b, "host") {
		return as[string](l, b, "host")
	}
	return b.labels[0]
}

func (l *loader) buildExpose(n *node, w *Workload, b *node) {
	if b.broken {
		return
	}
	e := &Expose{Host: l.hostOf(b), Via: as[*Gateway](l, b, "via"), Port: l.portOf(n, b, "port"), Path: as[string](l, b, "path")}
	if e.Port != nil && e.Port.Protocol != TCP {
		l.errorf(l.at(b, "port"), "Wrong protocol", "The port %q speaks %s, but gateways publish TCP ports.", e.Port.Name, e.Port.Protocol)
	}
	if e.Via != nil && e.Port != nil {
		w.Exposes = append(w.Exposes, e)
	}
}

func (l *loader) buildAPIAccess(w *Workload, b *node) {
	if b.broken {
		return
	}
	a := &APIAccess{
		Name:      b.labels[0],
		Verbs:     sortedTexts(each[string](l, b, "verbs")),
		Groups:    []string{""},
		Resources: sortedTexts(each[string](l, b, "resources")),
		Names:     sortedTexts(each[string](l, b, "names")),
		Scope:     as[Scope](l, b, "scope"),
	}
	if l.has(b, "groups") {
		a.Groups = sortedTexts(each[string](l, b, "groups"))
		l.notEmpty(b, "groups", "Write [\"\"] for the core group.")
	}
	l.notEmpty(b, "verbs", "Name what it may do.")
	l.notEmpty(b, "resources", "Name what it may act on.")
	w.APIAccess = append(w.APIAccess, a)
}
