package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// Emergency access is approved by another team and ends by itself. The script that does it is one text for all
// clusters, reviewed as a whole: it is recognised by its digest. Who approves for whom is data beside it.
var breakGlass = &Check{
	Name: "break-glass",
	Doc: `emergency access needs approval by another team and ends by itself

Reads who approves for whom, recognises the reviewed script by its digest, and finds standing bindings of its users.`,
	Controls: []model.ControlID{model.BreakGlassAccess},
	Run: func(p *Pass) {
		held := map[string]*holder{}
		for _, t := range p.Spec.Teams {
			held[t.Name] = &holder{}
		}
		p.eachPool(func(pool *model.NodePool) {
			if grantsBreakGlass(p.Spec, pool) {
				judgeBreakGlass(p, pool, held)
			}
		})
		for _, t := range p.Spec.Teams {
			if t.BreakGlass != nil {
				held[t.Name].prove(p, model.BreakGlassAccess, t.Addr())
			}
		}
	},
}

// breakGlassDigest is the SHA-256 of the reviewed script. Whoever changes the script reviews it again and puts the new
// digest here.
const breakGlassDigest = "7cc05227934ec8bcfde9348786b8680c3f971167658245e57f87f655031995b8"

// grantsBreakGlass reports whether approvers give emergency access on the pool's nodes.
func grantsBreakGlass(spec *model.Spec, pool *model.NodePool) bool {
	return pool.Cluster.Provisioner == model.Kubeadm && pool.Has(model.RoleControlPlane) && len(pool.SSHFrom) > 0 &&
		slices.ContainsFunc(spec.Teams, func(t *model.Team) bool { return t.BreakGlass != nil })
}

func judgeBreakGlass(p *Pass, pool *model.NodePool, held map[string]*holder) {
	beside := []string{"break-glass.sh", "sudoers", "ssh-user.sh", "node.sh"}
	f := p.nodeFile(pool, model.BreakGlassAccess, append([]string{"break-glass.conf"}, beside...)...)
	f.judge("break-glass.sh", func(data []byte) error {
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != breakGlassDigest {
			return errors.New("the script is not the reviewed one")
		}
		return nil
	})
	f.judge("ssh-user.sh", sshUserRule(p.Spec, model.MFANone)) // it says who is of which team
	var lines, sudoers []string
	for _, t := range p.Spec.Teams {
		if t.BreakGlass == nil {
			continue
		}
		var approvers []string
		sudoers = append(sudoers, mayRun(t))
		for _, a := range t.BreakGlass.Approvers {
			approvers = append(approvers, a.Name)
			sudoers = append(sudoers, mayRun(a))
		}
		lines = append(lines, fmt.Sprintf("%s %d %s", t.Name, t.BreakGlass.Hours, strings.Join(approvers, ",")))
	}
	f.judge("break-glass.conf", func(data []byte) error { return sameLines(data, lines) })
	f.judge("sudoers", func(data []byte) error {
		// "#include" and "@include" are directives in sudoers.
		if strings.Contains(string(data), "include") {
			return errors.New("the file includes others")
		}
		return sameLines(data, append(sudoers, "Defaults use_pty"))
	})
	if standingEmergency(p, pool.Cluster) {
		f.failed = true
	}
	for i, name := range beside {
		beside[i] = path.Join(f.read.want.dir, name)
	}
	for _, t := range p.Spec.Teams {
		if t.BreakGlass == nil {
			continue
		}
		own := len(t.BreakGlass.Approvers) == 0 || slices.Contains(t.BreakGlass.Approvers, t)
		held[t.Name].add(path.Join(f.read.want.dir, "break-glass.conf"), !f.failed && !own, beside...)
	}
}

// standingEmergency reports whether the tree binds a role to a user of emergency access, or may do so in a manifest that
// cannot be read: such a right would stand for ever. That an admission policy names these users is no right.
func standingEmergency(p *Pass, c *model.Cluster) bool {
	objects := p.Objects(c)
	found := !objects.Complete
	for _, g := range newRBAC(objects).grants {
		if slices.ContainsFunc(g.subjects, func(s rbacv1.Subject) bool { return strings.HasPrefix(s.Name, "break-glass:") }) {
			found = true
			p.Find(Finding{Control: model.BreakGlassAccess, Subject: c.Addr(), Path: g.binding.Path, Object: g.binding.At("subjects"),
				Message: "The binding names a user of emergency access: the right would stand for ever."})
		}
	}
	return found
}

// mayRun is the line of sudoers for a team.
func mayRun(t *model.Team) string {
	return "%team-" + t.Name + " ALL=(root) NOPASSWD: /usr/local/sbin/bartizan-break-glass"
}
