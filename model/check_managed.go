package model

import (
	"slices"
	"strings"
	"time"
)

// controlPlaneControls returns the controls of a cluster that only the files of its control plane give.
func controlPlaneControls() []*Control {
	var all []*Control
	for _, c := range slices.Concat(clusterControls, componentControls, []*Control{LookupControl(APIFirewall), LookupControl(EtcdFirewall)}) {
		if c.Subject == "cluster" {
			all = append(all, c)
		}
	}
	return all
}

// checkManagedAPI holds that the firewalls between people and somebody else's API server, which know no names, know its
// address.
func (l *loader) checkManagedAPI(n *node, c *Cluster) {
	b := n.one("api")
	if c.Provisioner != Managed || b == nil || c.API.Endpoint.Host == "" || loadBalancer(n) != nil || len(c.APIServers()) > 0 {
		return
	}
	for _, peer := range c.API.ReachableFrom {
		switch peer.(type) {
		case *JumpBox, *VPN:
			l.errorf(l.at(b, "endpoint"), "Unknown address", "The firewall of %s knows addresses, not names, and nothing says which %q has. Write a block load_balancer with kind = \"external\" and the address of the managed API server, or the address in place of the name.", peer.Addr(), c.API.Endpoint.Host)
			return
		}
	}
}

// checkManaged lists what nobody vouches for in somebody else's control plane. After an error it is silent: a statement
// with a mistake in it would be missing as well.
func (l *loader) checkManaged() {
	if l.diags.HasErrors() {
		return
	}
	for _, n := range l.of("cluster") {
		c := n.object.(*Cluster)
		if c.Provisioner != Managed {
			continue
		}
		var open []string
		for _, x := range controlPlaneControls() {
			stated := slices.ContainsFunc(l.spec.Attestations, func(a *Attestation) bool { return a.Control == x.ID && a.Subject == c.Addr() })
			if !stated {
				open = append(open, string(x.ID))
			}
		}
		if len(open) == 0 {
			continue
		}
		slices.Sort(open)
		by := "team.NAME"
		if teams := l.of("team"); len(teams) > 0 {
			by = string(teams[0].addr)
		}
		l.warnf(l.at(n, "provisioner"), "Control plane not attested", "%s is managed: no file of ours gives these controls, nobody vouches for them, and the threat model counts them as absent: %s. For each that the provider shows evidence of, write:\n\n%s",
			c.Addr(), strings.Join(open, ", "), indent("attestation \"NAME\" {\n  control   = \""+open[0]+"\"\n  subject   = "+string(c.Addr())+"\n  by        = "+by+
				"\n  evidence  = \"…\"\n  review_by = \""+l.options.Today.AddDate(0, 6, 0).Format(time.DateOnly)+"\"\n}"))
	}
}
