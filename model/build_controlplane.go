package model

// buildControlPlane reads the blocks that only say how the cluster's own control plane is set up. Blocks that are left
// out give their defaults.
func (l *loader) buildControlPlane(n *node, c *Cluster) {
	if c.Provisioner == Managed {
		for _, name := range []string{"encryption", "certificates", "service_accounts", "admission"} {
			if b := n.one(name); b != nil {
				l.errorf(b.at, "Managed control plane", "The control plane of %s is managed: no file of ours sets this. Leave the block out; if its owner vouches for the control, write an attestation.", c.Addr())
			}
		}
	}
	if b := n.one("encryption"); b != nil {
		c.Encryption.KMS = as[string](l, b, "kms")
	}
	b := n.oneOrDefaults("certificates")
	c.Certificates = Certificates{Days: as[int](l, b, "days"), AuthorityDays: as[int](l, b, "authority_days")}
	if c.Certificates.AuthorityDays < c.Certificates.Days {
		l.errorf(l.at(b, "authority_days"), "Authority too short", "An authority of %d days cannot sign certificates of %d days. Write authority_days = %d or more, or fewer days.",
			c.Certificates.AuthorityDays, c.Certificates.Days, c.Certificates.Days)
	}
	b = n.oneOrDefaults("service_accounts")
	c.ServiceAccounts = ServiceAccounts{
		Issuer:        as[string](l, b, "issuer"),
		MaxTokenHours: as[int](l, b, "max_token_hours"),
		ExtendTokens:  as[bool](l, b, "extend_tokens"),
	}
	if c.ServiceAccounts.Issuer == "" {
		c.ServiceAccounts.Issuer = "https://kubernetes.default.svc." + c.DNSDomain
	}
	if o := c.Identity.OIDC; o != nil && o.Issuer == c.ServiceAccounts.Issuer {
		// kube-apiserver does not start: "URL must not overlap with disallowed issuers".
		l.errorf(l.at(b, "issuer"), "Duplicate issuer", "%s is the identity provider of people already. The cluster's tokens need an issuer of their own.", o.Issuer)
	}
	b = n.oneOrDefaults("admission")
	c.Admission = Admission{AlwaysPullImages: as[bool](l, b, "always_pull_images"), Signatures: as[Signatures](l, b, "signatures")}
}

// oneOrDefaults returns the nested block of the type, or an empty one in the place of the enclosing block.
func (n *node) oneOrDefaults(name string) *node {
	if b := n.one(name); b != nil {
		return b
	}
	return &node{schema: n.schema.blocks[name], at: n.at, parent: n}
}

// checkFeatures reports attributes, of the block and of those inside, that the cluster's version of Kubernetes does not
// know.
func (l *loader) checkFeatures(n *node, c *Cluster) {
	if c.Version.Minor == 0 {
		return // reported
	}
	for _, a := range n.schema.Attributes {
		if a.Needs != nil && l.has(n, a.Name) && !c.Version.Has(a.Needs) {
			l.errorf(n.attrs[a.Name].name, "Version too old", "%s needs Kubernetes 1.%d or later, and %s has 1.%d: %s Leave it out, or write kubernetes = \"1.%d\".",
				a.Name, a.Needs.Since, c.Addr(), c.Version.Minor, a.Needs.Doc, a.Needs.Since)
		}
	}
	for _, b := range n.children {
		l.checkFeatures(b, c)
	}
}
