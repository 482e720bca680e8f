package generate

import (
	"path"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var accessGuide = &Generator{
	Name: "access-guide",
	Doc: `tell people how they get in, and what to do when something is lost

One Markdown file for each cluster: joining, leaving, lost laptop, lost security key, emergency access.`,
	Run: func(p *Pass) error {
		for _, c := range p.Spec.Clusters {
			if err := runAccessGuide(p, c); err != nil {
				return err
			}
		}
		return nil
	},
}

// guideView is what people.tmpl sees.
type guideView struct {
	Cluster  *model.Cluster
	VPNs     []*model.VPN
	Boxes    []boxView
	Proxy    bool
	OIDC     *model.OIDC
	Glass    []glassView
	Closed   []string // pools whose SSH must be opened first
	Shut     bool     // the control plane's too, on which emergency access is given
	Endpoint string
}

type boxView struct {
	Name    string
	Address string
	FIDO2   bool
	TOTP    bool
}

type glassView struct {
	Team, Approvers string
	Hours           int
}

func runAccessGuide(p *Pass, c *model.Cluster) error {
	vpns, boxes := c.Entrances(p.Spec)
	v := guideView{Cluster: c, VPNs: vpns, Proxy: throughJumpBox(c), OIDC: c.Identity.OIDC, Endpoint: c.API.Endpoint.Host}
	for _, j := range boxes {
		address := j.Name
		if j.Address.IsValid() {
			address = j.Address.String()
		}
		v.Boxes = append(v.Boxes, boxView{j.Name, address, j.MFA == model.MFAFIDO2, j.MFA == model.MFATOTP})
	}
	grants := false
	for _, pool := range c.NodePools {
		if pool.OpensSSH() {
			v.Closed = append(v.Closed, pool.Name)
			v.Shut = v.Shut || pool.Has(model.RoleControlPlane)
		}
		grants = grants || len(breakGlassFiles(p.Spec, pool)) > 0
	}
	for _, t := range p.Spec.Teams {
		if t.BreakGlass == nil || !grants {
			continue
		}
		var names []string
		for _, a := range t.BreakGlass.Approvers {
			names = append(names, a.Name)
		}
		v.Glass = append(v.Glass, glassView{t.Name, strings.Join(names, ", "), t.BreakGlass.Hours})
	}
	if len(v.Glass) > 0 {
		data, err := templates.Render("break-glass-request.tmpl", nil)
		if err != nil {
			return err
		}
		p.File(Artifact{
			Path: path.Join(AccessDir(c), "break-glass-request.sh"), Mode: 0o755, Data: data,
			Doc: "Makes the key and the certificate request of emergency access.", Where: "the device of the person who needs it",
		})
	}
	data, err := templates.Render("people.tmpl", v)
	if err != nil {
		return err
	}
	p.File(Artifact{
		Path: path.Join(AccessDir(c), "people.md"), Data: data,
		Doc: "Joining, leaving, lost laptop, lost security key, emergency access.", Where: "people",
	})
	p.Directory(Directory{Path: AccessDir(c), Title: "The way in for people",
		Doc: "Set up in this order: the VPN server, the jump box, the devices, kubectl. What people themselves do stands in people.md."})
	return nil
}
