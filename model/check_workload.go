package model

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// checkWorkload holds what the attributes of a workload mean together.
func (l *loader) checkWorkload(n *node, w *Workload) {
	l.checkName(n, w)
	l.checkKind(n, w)
	l.checkManifests(n, w)
	l.checkPool(n, w)
	l.checkCluster(n, w)
	l.checkPodSecurity(n, w)
	l.checkEgress(n, w)
	l.checkProtocols(n, w)
	l.checkMemory(n, w)
	l.checkScratch(n, w)
}

// checkScratch warns of a scratch volume that cannot be filled: the kubelet ends a pod whose volumes, logs and writable layers
// together pass what its containers may use of the node's disk, whatever the volume's own size.
// https://kubernetes.io/docs/concepts/storage/ephemeral-storage/
func (l *loader) checkScratch(n *node, w *Workload) {
	if w.Manifests != ManifestsGenerate {
		return
	}
	may := 0.0
	for _, c := range w.Containers {
		if quantityValue(c.Resources.EphemeralStorageLimit) == 0 {
			return // it is wrong, which is said elsewhere
		}
		may += quantityValue(c.Resources.EphemeralStorageLimit)
	}
	for _, v := range w.Volumes {
		if v.Kind == Scratch && quantityValue(v.Size) > may {
			l.warnf(l.at(volumeBlock(n, v), "size"), "Volume that cannot be filled", "The kubelet ends a pod of %s that uses more of the node's disk than its containers may, volumes and logs together: before the %s of this volume are full. Write ephemeral_storage_limit in their resources, above that size.", n.describe(), v.Size)
		}
	}
}

// volumeBlock is the block that declares the volume.
func volumeBlock(n *node, v *Volume) *node {
	for _, b := range n.all("volume") {
		if len(b.labels) > 0 && b.labels[0] == v.Name {
			return b
		}
	}
	return n
}

// checkMemory warns of what keeps data and was given no memory: the default is for small programs, and a database beyond it is
// killed while it writes.
func (l *loader) checkMemory(n *node, w *Workload) {
	if w.Manifests != ManifestsGenerate {
		return
	}
	for _, v := range w.Volumes {
		if v.Kind != Persistent {
			continue
		}
		for _, c := range v.In {
			b := n
			if i := slices.IndexFunc(n.all("container"), func(b *node) bool { return len(b.labels) > 0 && b.labels[0] == c.Name }); i >= 0 {
				b = n.all("container")[i]
			}
			if res := b.one("resources"); res == nil || !l.has(res, "memory") && !l.has(res, "memory_limit") {
				l.warnf(n.at, "Memory left out", "%s keeps data in the volume %q, and its container %q is killed beyond %s of memory, which is meant for small programs. Write what it needs: resources { memory = \"512Mi\" }, which limits it to twice that.", capital(n.describe()), v.Name, c.Name, c.Resources.MemoryLimit)
				return
			}
		}
	}
}

// checkName holds that the objects of a workload have names of their own.
func (l *loader) checkName(n *node, w *Workload) {
	if w.Name == "default" {
		l.errorf(n.labelAt[1], "Reserved name", "Each workload has a service account of its name, but the account \"default\" is Kubernetes' own and belongs to every pod that names none. Choose another name.")
	}
	name, ok := strings.CutSuffix(w.Name, "-pods")
	if !ok {
		return
	}
	for _, o := range w.Namespace.Workloads {
		if o.Name == name && o.Kind == StatefulSet && o.Manifests == ManifestsGenerate {
			l.errorf(n.labelAt[1], "Reserved name", "The headless Service of the StatefulSet %q is called %q, like the Service of this workload would be. Choose another name.", o.Name, w.Name)
		}
	}
}

// useless reports attributes and blocks that mean nothing for the workload.
func (l *loader) useless(n *node, why string, names ...string) {
	for _, name := range names {
		if n.schema.attributes[name] != nil {
			if l.has(n, name) {
				l.errorf(l.at(n, name), "Useless "+name, "%s", why)
			}
			continue
		}
		for _, b := range n.all(name) {
			l.errorf(b.at, "Useless "+name, "%s", why)
		}
	}
}

func (l *loader) checkKind(n *node, w *Workload) {
	switch w.Kind {
	case DaemonSet, Job, CronJob:
		l.useless(n, fmt.Sprintf("A %s has no number of replicas.", w.Kind), "replicas", "scaling")
	default:
		if w.Scaling != nil {
			l.useless(n, "The autoscaler sets the number of replicas. Leave one of the two out.", "replicas")
			if w.Scaling.Min > w.Scaling.Max {
				l.errorf(l.at(n.one("scaling"), "max"), "Empty range", "max %d is below min %d.", w.Scaling.Max, w.Scaling.Min)
			}
		}
	}
	switch {
	case w.Kind == CronJob && !l.has(n, "schedule"):
		l.errorf(n.at, "Missing schedule", "A CronJob needs a schedule, for example schedule = \"0 3 * * *\".")
	case w.Kind != CronJob:
		l.useless(n, "Only a CronJob has a schedule. Write kind = \"CronJob\".", "schedule")
	}
	// The controller appends up to eleven characters to the name (CronJob documentation).
	if w.Kind == CronJob && len(w.Name) > 52 {
		l.errorf(n.labelAt[1], "Name too long", "The name of a CronJob has at most 52 characters.")
	}
	if w.Kind != StatefulSet {
		for _, b := range n.all("volume") {
			if as[VolumeKind](l, b, "kind") == Persistent && w.Kind == Deployment && w.Replicas > 1 {
				l.errorf(l.at(b, "kind"), "Shared volume", "%d pods of a Deployment would share one volume. Write kind = \"StatefulSet\" in the workload, or replicas = 1.", w.Replicas)
			}
		}
	}
}

func (l *loader) checkManifests(n *node, w *Workload) {
	if w.Manifests == ManifestsGenerate {
		l.useless(n, "The labels of generated pods are chosen here. They are needed only for manifests = \"patch\" or \"external\".", "pods")
	}
	if w.Manifests == ManifestsExternal {
		l.useless(n, "The manifests are the team's own: only what surrounds the workload can be said here.",
			"image", "arch", "command", "args", "env", "replicas", "grace_seconds", "priority", "schedule",
			"resources", "probe", "security", "container", "init_container", "volume", "config", "scaling")
	}
}

// checkPool holds that some pool can run the workload.
func (l *loader) checkPool(n *node, w *Workload) {
	c := w.Namespace.Cluster
	if c == nil {
		return
	}
	if p := w.Pool; p != nil {
		switch {
		case p.Cluster != nil && p.Cluster != c:
			l.errorf(l.at(n, "pool"), "Wrong cluster", "%s belongs to %s, but the workload to %s.", p.Addr(), p.Cluster.Addr(), c.Addr())
		case !p.Worker() && w.Kind != DaemonSet:
			l.errorf(l.at(n, "pool"), "Wrong pool", "%s runs the control plane, which runs no workloads. Name another pool.", p.Addr())
		}
		return
	}
	if w.Kind == DaemonSet || l.has(n, "pool") {
		return
	}
	for _, x := range l.of("node_pool") {
		p := x.object.(*NodePool)
		if (p.Cluster == c || p.Cluster == nil) && p.Worker() && !p.Dedicated || l.get(x, "roles").isBad() {
			return
		}
	}
	l.homeless = append(l.homeless, n)
}

// checkCluster holds that connections stay in the cluster: others need a gateway and egress.
func (l *loader) checkCluster(n *node, w *Workload) {
	c := w.Namespace.Cluster
	other := func(ns *Namespace) bool { return c != nil && ns != nil && ns.Cluster != nil && ns.Cluster != c }
	for _, v := range l.items(n, "calls") {
		r, ok := v.v.(*ref)
		if !ok || r.node == nil {
			continue
		}
		if to, ok := r.node.object.(*Workload); ok && other(to.Namespace) {
			l.errorf(v.at, "Wrong cluster", "%s is in another cluster. Publish it there with expose, and name the host under egress here.", r.addr)
		}
	}
	for _, b := range n.all("expose") {
		if g := as[*Gateway](l, b, "via"); g != nil && other(g.Namespace) {
			l.errorf(l.at(b, "via"), "Wrong cluster", "%s is in another cluster.", g.Addr())
		}
	}
}

// baselineCapabilities may be added at the level "baseline" of the Pod Security Standards.
var baselineCapabilities = []string{
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
	"SETPCAP", "SETUID", "SYS_CHROOT",
}

// checkPodSecurity holds that admission will let the pods in: the Pod Security Standards, by level.
func (l *loader) checkPodSecurity(n *node, w *Workload) {
	level := w.Namespace.PodSecurity
	if level == "" || level == Privileged || w.Manifests == ManifestsExternal {
		return
	}
	refuse := func(b *node, name string, need PodSecurity) {
		l.errorf(l.at(b, name), "Refused by admission", "The namespace %q enforces the level %q of the Pod Security Standards, which refuses %s here. Write pod_security = %q in the namespace, with an exception, or leave it out.", w.Namespace.Name, level, name, need)
	}
	if b := n.one("host"); b != nil {
		for name, taken := range map[string]bool{
			"pid": w.Host.PID, "ipc": w.Host.IPC, "network": w.Host.Network, "ports": len(w.Host.Ports) > 0, "paths": len(w.Host.Paths) > 0,
		} {
			if taken {
				refuse(b, name, Privileged)
			}
		}
	}
	for _, c := range slices.Concat([]*node{n}, n.all("container"), n.all("init_container")) {
		b := c.one("security")
		if b == nil {
			continue
		}
		for _, name := range []string{"privileged", "unconfined"} {
			if as[bool](l, b, name) {
				refuse(b, name, Privileged)
			}
		}
		for _, name := range []string{"run_as_root", "escalation"} {
			if as[bool](l, b, name) && level == Restricted && !as[bool](l, b, "privileged") {
				refuse(b, name, Baseline)
			}
		}
		for _, capability := range each[string](l, b, "capabilities") {
			if !slices.Contains(baselineCapabilities, capability) {
				refuse(b, "capabilities", Privileged)
			} else if level == Restricted && capability != "NET_BIND_SERVICE" {
				refuse(b, "capabilities", Baseline)
			}
		}
	}
}

// withoutNames says of network plugins why no rules for DNS names are written for them.
var withoutNames = map[CNI]string{
	// https://docs.tigera.io/calico-enterprise/latest/network-policy/domain-based-policy
	Calico: "Its open-source edition has none; for Calico Enterprise and Calico Cloud write cni = \"calico-enterprise\".",
	// https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
	AmazonVPCCNI: "EKS enforces names on the nodes of Auto Mode alone: where all nodes are, write cni = \"eks-auto-mode\".",
}

// checkEgress keeps connections inside the cluster with calls, where both ends are known, and holds that the network
// plugin can tell the destinations apart: the NetworkPolicy of Kubernetes knows no DNS names.
func (l *loader) checkEgress(n *node, w *Workload) {
	c := w.Namespace.Cluster
	if c == nil {
		return
	}
	for _, b := range n.all("egress") {
		if w.Host.Network {
			l.warnf(b.at, "Egress not held", "%s uses its node's network, where no network policy holds: it reaches whatever its node reaches. Leave the block out, which nothing enforces.", n.describe())
		}
		if why := withoutNames[c.Network.CNI]; why != "" && len(l.items(b, "fqdns")) > 0 {
			l.errorf(l.at(b, "fqdns"), "Names not enforced", "Rules that limit connections to DNS names are written for cni = \"cilium\", \"antrea\", \"calico-enterprise\", \"ovn-kubernetes\", \"kube-network-policies\", \"eks-auto-mode\" and \"gke-dataplane-v2\"; %s has %q. %s Give the addresses in cidrs, or a zone.", c.Addr(), c.Network.CNI, why)
		}
		switch {
		case len(l.items(b, "fqdns")) == 0:
		case !c.Network.CNI.AsksDNS():
			for _, v := range l.items(b, "fqdns") {
				// The definition's pattern for domain names: sigs.k8s.io/network-policy-api v0.2.0, DomainName.
				if name := of[string](v); !strings.Contains(name, ".") {
					l.errorf(v.at, "Names not enforced", "%q has one part; ClusterNetworkPolicy takes names of two or more, such as \"api.example.com\".", name)
				}
			}
			l.warnf(l.at(b, "fqdns"), "Names not proved", "%s learns the addresses of DNS names from every answer that passes a node, also from one that a pod has forged: whoever runs code in %s can open any address on this port, but those of nodes, pods and the cloud's metadata service. Its egress counts as not exact. Give the addresses in cidrs, or write cni = \"cilium\".", c.Network.CNI, n.describe())
		case c.Network.CNI == OVNKubernetes:
			l.warnf(l.at(b, "fqdns"), "Names not proved", "OVN-Kubernetes holds names only where it runs with --enable-egress-firewall, which no file here says: without it %s reaches any address outside of the cluster on this port, but those of nodes and the cloud's metadata service. Its egress counts as not exact, unless an attestation says that the flag is set.", n.describe())
		case c.Network.CNI.ConfinesNames():
		case as[Protocol](l, b, "protocol") == SCTP:
			l.errorf(l.at(b, "protocol"), "Names not enforced", "Rules for DNS names of %s know TCP and UDP, not SCTP. Give the addresses in cidrs, or a zone.", c.Network.CNI.Provider())
		default:
			l.warnf(l.at(b, "fqdns"), "Names not confined", "Policies of %s allow connections to DNS names and deny no address to them: whoever answers for a name can lead %s to the cloud's metadata service or the API server. Its egress counts as not exact. Give the addresses in cidrs, or let one small workload call the names for the others.", c.Network.CNI.Provider(), n.describe())
		}
		for _, v := range l.items(b, "cidrs") {
			p := of[netip.Prefix](v)
			for _, own := range slices.Concat(c.Network.Pods, c.Network.Services) {
				if p.IsValid() && p.Bits() > 0 && p.Overlaps(own) {
					l.errorf(v.at, "Egress into cluster", "%s overlaps %s, the cluster's own network. Name the workload under calls instead.", p, own)
					break
				}
			}
		}
	}
}

// checkProtocols holds that the network plugin carries what the workload speaks. Cilium drops SCTP unless that is turned
// on, as a beta feature (its documentation, "SCTP support"), which the values that are written for it leave off.
func (l *loader) checkProtocols(n *node, w *Workload) {
	c := w.Namespace.Cluster
	if c == nil || c.Network.CNI != Cilium || c.Provisioner != Kubeadm || w.Host.Network {
		return
	}
	blocks := n.all("egress")
	for _, b := range append([]*node{n}, n.all("container")...) {
		blocks = append(blocks, b.all("port")...)
	}
	for _, b := range blocks {
		if as[Protocol](l, b, "protocol") == SCTP {
			l.errorf(l.at(b, "protocol"), "Protocol not carried", "Cilium carries SCTP only as a beta feature, which stays off in the values that are written for %s. Choose another network plugin, such as cni = \"calico\", or TCP.", c.Addr())
		}
	}
}

// checkPlainValues looks for secrets among the environment and the arguments of a container.
func (l *loader) checkPlainValues(b *node) {
	for _, e := range l.items(b, "env") {
		s := of[string](e)
		switch {
		case secretNamed(e.key, s):
			l.secretf(e.at, "%s looks like a secret. Mount it as a file instead: secret \"%s\" { … }, and give the program the path in %s_FILE or its configuration.", e.key, strings.ReplaceAll(strings.ToLower(e.key), "_", "-"), e.key)
		case random(s):
			l.warnf(e.at, "Possible secret", "The value of %s looks random. If it is a secret, mount it as a file: see `bartizan explain workload.secret`.", e.key)
		}
	}
	for _, name := range []string{"command", "args"} {
		for _, v := range l.items(b, name) {
			flag, s, ok := strings.Cut(of[string](v), "=")
			if ok && strings.HasPrefix(flag, "-") && secretNamed(flag, s) {
				l.secretf(v.at, "%s looks like a secret: everyone who may see the pod sees its arguments. Mount it as a file: see `bartizan explain workload.secret`.", flag)
			}
		}
	}
}
