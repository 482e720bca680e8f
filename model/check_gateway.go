package model

// maxListeners is how many listeners a Gateway may have; each published host is one.
// github.com/kubernetes-sigs/gateway-api, apis/v1, GatewaySpec.Listeners.
const maxListeners = 64

// checkGateways holds that policies can tell a gateway's pods from others. Only Cilium carries the traffic itself, in a
// proxy on each node that its policies call "ingress"; every other data plane runs in pods, which have labels.
func (l *loader) checkGateways() {
	for _, n := range l.of("gateway") {
		g := n.object.(*Gateway)
		if hosts := publishedHosts(g); hosts > maxListeners && g.Kind != IngressAPI {
			l.errorf(n.at, "Too many hosts", "%d hosts are published through %s. A Gateway has at most %d listeners, and each host is one, so that no namespace can claim the host of another. Publish some through a second gateway.", hosts, g.Addr(), maxListeners)
		}
		if g.Kind == IngressAPI && !l.checkIngress(n, g) {
			continue
		}
		if c := clusterOfGateway(g); c != nil && g.Class == "cilium" && c.Network.CNI != "" && c.Network.CNI != Cilium {
			l.errorf(l.at(n, "class"), "Unknown class", "The class \"cilium\" comes with the network plugin of that name, and %s has %q. Write the class of the gateway that you install, with the selector of its pods.", c.Addr(), c.Network.CNI)
			continue
		}
		if l.has(n, "selector") || g.Class == "" || g.Namespace == nil || g.Namespace.Cluster == nil {
			continue
		}
		const remedy = "Write the labels of the pods that carry its traffic, for example selector = { \"app.kubernetes.io/name\" = %q }."
		switch c := g.Namespace.Cluster; {
		case c.Network.CNI == "":
		case g.Kind == IngressAPI:
			l.errorf(n.at, "Missing selector", "An ingress controller runs in pods, and whether a request may come from them is seen by their labels. "+remedy, g.Class)
		case c.Network.CNI != Cilium:
			l.errorf(n.at, "Missing selector", "The network plugin of %s is %q, which carries no gateway's traffic itself. "+remedy, c.Addr(), c.Network.CNI, g.Class)
		case g.Class != "cilium":
			l.errorf(n.at, "Missing selector", "Cilium itself carries the traffic of the class \"cilium\" only, and this one is %q. "+remedy, g.Class, g.Class)
		}
	}
}

// checkIngress holds that an ingress controller serves the hosts of one gateway, and is no part of the network plugin.
func (l *loader) checkIngress(n *node, g *Gateway) bool {
	if g.Class == "cilium" {
		l.errorf(l.at(n, "class"), "Unknown class", "What Cilium itself publishes is written for the Gateway API. Leave kind out, or write the class of an ingress controller that you install, with the selector of its pods.")
		return false
	}
	for _, m := range l.of("gateway") {
		if other := m.object.(*Gateway); m == n {
			break
		} else if other.Kind == IngressAPI && other.Class == g.Class && clusterOfGateway(other) == clusterOfGateway(g) && g.Class != "" && clusterOfGateway(g) != nil {
			l.errorf(l.at(n, "class"), "Duplicate class", "%s has the class %q too. A controller serves every Ingress of its class, so that the sources of each would reach the hosts of both. Give each a class of its own.", other.Addr(), g.Class)
			return false
		}
	}
	return true
}

// publishedHosts counts the hosts that are published through the gateway.
func publishedHosts(g *Gateway) int {
	c := clusterOfGateway(g)
	if c == nil {
		return 0
	}
	hosts := map[string]bool{}
	for _, w := range c.Workloads() {
		for _, e := range w.Exposes {
			if e.Via == g {
				hosts[e.Host] = true
			}
		}
	}
	return len(hosts)
}

// clusterOfGateway returns the cluster in which the gateway stands, or nil.
func clusterOfGateway(g *Gateway) *Cluster {
	if g.Namespace == nil {
		return nil
	}
	return g.Namespace.Cluster
}
