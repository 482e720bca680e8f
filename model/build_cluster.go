package model

import (
	"net/netip"
	"slices"
	"strings"
)

// clusterOf returns the cluster that a block names, or the only one there is.
func (l *loader) clusterOf(n *node) *Cluster {
	if l.has(n, "cluster") {
		return as[*Cluster](l, n, "cluster")
	}
	all := l.of("cluster")
	if len(all) == 1 {
		return all[0].object.(*Cluster)
	}
	if len(all) > 1 {
		l.errorf(n.at, "Missing cluster", "%s does not say which cluster it belongs to, and there are %d. Write for example cluster = %s.", n.describe(), len(all), all[0].addr)
	}
	return nil
}

func (l *loader) buildCluster(n *node) {
	c := n.object.(*Cluster)
	c.Version = as[Version](l, n, "kubernetes")
	c.Provisioner = as[Provisioner](l, n, "provisioner")
	c.DNSDomain = as[string](l, n, "dns_domain")
	if b := n.one("api"); b != nil {
		c.API.Endpoint = as[HostPort](l, b, "endpoint")
		c.API.ReachableFrom = l.peers(b, "reachable_from")
		c.API.CertSANs = sortedTexts(each[string](l, b, "cert_sans"))
		c.API.TLSCurves = each[TLSCurve](l, b, "tls_curves")
		slices.SortFunc(c.API.TLSCurves, func(a, b TLSCurve) int { return a.ID() - b.ID() })
		c.API.TLSCurves = slices.Compact(c.API.TLSCurves)
		l.notEmpty(b, "tls_curves", "Nobody could connect. Leave it out for the key exchanges of Kubernetes' Go version.")
		l.notEmpty(b, "reachable_from", "Nobody could reach the API server. Name a jump box, a VPN or a zone.")
		if lb := b.one("load_balancer"); lb != nil {
			c.API.LoadBalancer = &LoadBalancer{
				Kind:    as[LoadBalancerKind](l, lb, "kind"),
				Address: as[netip.Addr](l, lb, "address"),
				Image:   as[Image](l, lb, "image"),
			}
			if l.has(lb, "image") && c.API.LoadBalancer.Kind == ExternalLoadBalancer {
				l.errorf(l.at(lb, "image"), "Nothing to run", "A load balancer of kind \"external\" is yours, so no pod runs the image. Leave it out, or write kind = \"kube-vip\".")
			}
		}
	}
	if b := n.one("network"); b != nil {
		c.Network.Pods = each[netip.Prefix](l, b, "pods")
		c.Network.Services = each[netip.Prefix](l, b, "services")
		c.Network.CNI = as[CNI](l, b, "cni")
		c.Network.Encryption = as[bool](l, b, "encryption")
		c.Network.GuardRails = as[bool](l, b, "guard_rails")
		l.checkProvidedCNI(b, c)
		l.checkGuardRails(b, c)
		l.checkFamilies(b, "pods")
		l.checkFamilies(b, "services")
		l.checkRanges(b, c)
		if len(c.Network.Services) > 0 {
			c.Network.DNS, _ = nth(c.Network.Services[0], 10)
		}
	}
	l.buildIdentity(n, c)
	if b := n.one("audit"); b != nil {
		c.Audit = Audit{ShipTo: as[string](l, b, "ship_to"), LogDays: as[int](l, b, "log_days"), Contents: as[AuditContents](l, b, "contents")}
		if c.Audit.ShipTo == noAuditSink {
			c.Audit.ShipTo = ""
		}
	} else if c.Provisioner != Managed && !n.meant["audit"] {
		l.errorf(n.at, "Missing audit", "%s needs a block audit with ship_to: where audit records go, so that whoever takes the control plane cannot erase his traces.", n.describe())
	}
	l.buildControlPlane(n, c)
	l.checkFeatures(n, c)
}

func (l *loader) buildIdentity(n *node, c *Cluster) {
	var b *node
	if identity := n.one("identity"); identity != nil {
		b = identity.one("oidc")
	}
	if b == nil {
		if c.Provisioner != Managed && !n.meant["identity"] {
			l.errorf(n.at, "Missing identity", "%s needs identity { oidc { … } }: how people log in. Client certificates cannot be revoked and are no substitute.", n.describe())
		}
		return
	}
	c.Identity.OIDC = &OIDC{
		Issuer:         as[string](l, b, "issuer"),
		ClientID:       as[string](l, b, "client_id"),
		UsernameClaim:  as[string](l, b, "username_claim"),
		UsernamePrefix: as[string](l, b, "username_prefix"),
		GroupsClaim:    as[string](l, b, "groups_claim"),
		GroupsPrefix:   as[string](l, b, "groups_prefix"),
	}
}

// checkProvidedCNI holds that a plugin of a provider's is not asked of kubeadm.
func (l *loader) checkProvidedCNI(n *node, c *Cluster) {
	if provider := c.Network.CNI.Provider(); c.Provisioner == Kubeadm && provider != "" {
		l.errorf(l.at(n, "cni"), "Plugin of a provider", "%q comes with %s, which runs the control plane itself, and kubeadm makes that of %s. Write provisioner = \"managed\", or a plugin that you install, such as cni = \"cilium\".", c.Network.CNI, provider, c.Addr())
	}
}

// checkGuardRails holds that the network plugin knows the standard's ClusterNetworkPolicy.
//
// OVN-Kubernetes implements AdminNetworkPolicy of v1alpha1, which v1alpha2 replaces: network-policy-api.sigs.k8s.io,
// "Implementations". EKS has a kind of the same name in a group of its own: aws/amazon-network-policy-controller-k8s,
// api/v1alpha1.
func (l *loader) checkGuardRails(n *node, c *Cluster) {
	instead := map[CNI]string{
		CalicoEnterprise: "policies of its own for the cluster",
		OVNKubernetes:    "AdminNetworkPolicy, its predecessor",
		AmazonVPCCNI:     "one of Amazon's own",
		EKSAutoMode:      "one of Amazon's own",
		GKEDataplaneV2:   "those of Cilium, where Google turns them on",
	}[c.Network.CNI]
	if c.Network.GuardRails && instead != "" {
		l.errorf(l.at(n, "guard_rails"), "Guard rails not enforced", "ClusterNetworkPolicy is known to cilium, calico, antrea and kube-network-policies; %s has %q, which knows %s. Leave guard_rails out: the policies of the namespaces hold without it.", c.Addr(), c.Network.CNI, instead)
	}
}

// checkFamilies allows one network, or one of each family.
func (l *loader) checkFamilies(n *node, name string) {
	nets := each[netip.Prefix](l, n, name)
	switch {
	case len(nets) == 0:
		l.notEmpty(n, name, "Name a network.")
	case len(nets) > 2, len(nets) == 2 && nets[0].Addr().Is4() == nets[1].Addr().Is4():
		l.errorf(l.at(n, name), "Too many networks", "%s takes one network, or one IPv4 and one IPv6 network.", name)
	}
}

// checkRanges holds the limits of Kubernetes: at most 2^20 services of IPv4 (the allocator's bitmap; validated by
// kube-apiserver), and room for the DNS service at the tenth address; pods of both families where services have both.
func (l *loader) checkRanges(n *node, c *Cluster) {
	for _, v := range l.items(n, "services") {
		p := of[netip.Prefix](v)
		if host := p.Addr().BitLen() - p.Bits(); host > 20 {
			l.errorf(v.at, "Network too large", "%s is larger than the %d addresses that Kubernetes can manage for services. Write a prefix length of at least %d.", p, 1<<20, p.Addr().BitLen()-20)
		} else if host < 5 {
			l.errorf(v.at, "Network too small", "%s has room for fewer than 32 services.", p)
		}
	}
	for _, v := range l.items(n, "pods") {
		p := of[netip.Prefix](v)
		if p.Addr().Is4() && p.Bits() > 24 || p.Addr().Is6() && p.Bits() > 64 {
			l.errorf(v.at, "Network too small", "%s is smaller than the part that one node is given.", p)
		}
	}
	if len(c.Network.Pods) > 0 && len(c.Network.Services) > 0 && (c.Network.Pods[0].Addr().Is4() != c.Network.Services[0].Addr().Is4() || len(c.Network.Pods) != len(c.Network.Services)) {
		l.errorf(l.at(n, "services"), "Mixed families", "pods and services must have the same families, IPv4 or IPv6, in the same order.")
	}
}

func (v *value) isBad() bool { return v != nil && v.bad }

// notEmpty reports an empty list that nothing else explains.
func (l *loader) notEmpty(n *node, name, why string) {
	if v := l.value(n.attribute(name)); v != nil && len(v.list) == 0 && !v.bad {
		l.errorf(v.at, "Empty list", "%s is empty. %s", name, why)
	}
}

// peers returns the sources of connections that a list names, each once, sorted by address.
func (l *loader) peers(n *node, name string) []Peer {
	byAddr := map[Address]Peer{}
	for _, v := range l.items(n, name) {
		r, ok := v.v.(*ref)
		if !ok {
			continue
		}
		if byAddr[r.addr] != nil {
			l.warnf(v.at, "Repeated name", "%s stands twice in %s.", r.addr, name)
			continue
		}
		if p, ok := r.object().(Peer); ok {
			byAddr[r.addr] = p
		}
	}
	var addrs []Address
	for a := range byAddr {
		addrs = append(addrs, a)
	}
	slices.Sort(addrs)
	var all []Peer
	for _, a := range addrs {
		all = append(all, byAddr[a])
	}
	return all
}

func sortedTexts(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

func (l *loader) buildNodePool(n *node) {
	p := n.object.(*NodePool)
	p.Cluster = l.clusterOf(n)
	p.Roles = each[Role](l, n, "roles")
	slices.Sort(p.Roles)
	p.Roles = slices.Compact(p.Roles)
	p.Zone = as[*Zone](l, n, "zone")
	p.OS = as[OS](l, n, "os")
	if p.Cluster != nil {
		switch p.Cluster.Network.CNI {
		case EKSAutoMode:
			p.OS = Bottlerocket
		case GKEDataplaneV2:
			p.OS = ContainerOptimizedOS
		}
	}
	p.SSHFrom = l.peers(n, "ssh_from")
	p.SSH = as[SSHOpening](l, n, "ssh")
	p.Dedicated = as[bool](l, n, "dedicated")
	p.Runtime = as[Runtime](l, n, "runtime")
	p.Patching = as[Patching](l, n, "patching")
	p.Arch = as[Arch](l, n, "arch")
	p.CPU = as[string](l, n, "cpu")
	p.Memory = as[string](l, n, "memory")
	p.Labels = table[string](l, n, "labels")
	for name, address := range table[netip.Addr](l, n, "nodes") {
		p.Nodes = append(p.Nodes, Node{name, address})
	}
	slices.SortFunc(p.Nodes, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	p.CIDR = as[netip.Prefix](l, n, "cidr")
	if p.CIDR.IsValid() {
		p.Max = as[int](l, n, "max")
	}
	if b := n.one("physical"); b != nil {
		p.Physical = &Physical{
			Site:           as[string](l, b, "site"),
			DiskEncryption: as[DiskEncryption](l, b, "disk_encryption"),
			SecureBoot:     as[bool](l, b, "secure_boot"),
		}
	}
	if p.Cluster != nil {
		p.Cluster.NodePools = append(p.Cluster.NodePools, p)
	}
	l.checkNodePool(n, p)
}
