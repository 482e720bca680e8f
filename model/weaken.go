package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// warnBefore is how long before its end an exception or attestation is announced.
const warnBefore = 30 * 24 * time.Hour

// weakValue is a weakening with the place of its value.
type weakValue struct {
	*Weakening
	at      hcl.Range
	what    string // as written: host.pid = true
	harden  string // what to write instead
	subject *node
	wide    bool // an exception that covers too much would cover it; that is reported instead
}

// weaken lists every weakening and holds that each is covered by exactly one exception, and each exception by name.
func (l *loader) weaken() {
	found := map[Address]*weakValue{}
	for _, n := range l.top {
		if n.schema != profileBlock && !n.broken {
			l.findWeak(n, found)
		}
	}
	if l.options.Today.IsZero() {
		l.errorf(hcl.Range{}, "Missing date", "Today's date is needed to judge exceptions and attestations.")
	}
	unknown := l.lost("exception") // what an exception would accept is not known
	for _, n := range l.of("exception") {
		l.buildException(n, found)
		unknown = unknown || l.value(n.attrs["allows"]) == nil
	}
	meant := l.meantByExceptions(found)
	for _, a := range slices.Sorted(maps.Keys(found)) { // sorted: one place in a profile may have several
		w := found[a]
		l.spec.Weakenings = append(l.spec.Weakenings, w.Weakening)
		if w.Exception == nil && !w.wide && !unknown && !meant[a] {
			done := l.about(w.subject)
			example := l.exampleException(w)
			l.report(hcl.DiagError, w.at, "Weakening without exception",
				fmt.Sprintf("%s: %s %s, or accept it for a time:\n\n%s", short(w.what), w.Doc, w.harden, indent(example)), extra{remedy: example})
			done()
		}
	}
}

// ownerOf is the team that answers for what a block stands for, nil where none does.
func ownerOf(object any) *Team {
	switch o := object.(type) {
	case *Workload:
		return o.Namespace.Owner
	case *Namespace:
		return o.Owner
	}
	return nil
}

// meantByExceptions returns the weakenings that no exception names and that are the nearest to what one names wrongly.
func (l *loader) meantByExceptions(found map[Address]*weakValue) map[Address]bool {
	meant := map[Address]bool{}
	uncovered := map[int][]string{} // by number of steps: a misspelt address has as many
	steps := func(a string) int { return strings.Count(a, ".") + strings.Count(a, "[") }
	for a, w := range found {
		if w.Exception == nil {
			uncovered[steps(string(a))] = append(uncovered[steps(string(a))], string(a))
		}
	}
	for _, n := range l.of("exception") {
		if !l.value(n.attrs["allows"]).isBad() {
			continue
		}
		exprs, diags := hcl.ExprList(n.attrs["allows"].expr)
		if diags.HasErrors() {
			continue
		}
		for _, e := range exprs {
			if t, diags := hcl.AbsTraversalForExpr(l.unwrapped(e)); !diags.HasErrors() {
				text := traversalText(t)
				meant[Address(nearest(text, uncovered[steps(text)]))] = true
			}
		}
	}
	return meant
}

// traversalText writes a reference as an address.
func traversalText(t hcl.Traversal) string {
	path, _ := steps(t)
	var a Address
	for i, s := range path {
		switch {
		case i == 0:
			a = Address(s.name)
		case s.index:
			a = element(a, s.name)
		default:
			a = join(a, s.name)
		}
	}
	return string(a)
}

func (l *loader) exampleException(w *weakValue) string {
	owner := "team.NAME"
	if teams := l.of("team"); len(teams) > 0 {
		owner = string(teams[0].addr)
	}
	if team := ownerOf(w.subject.object); team != nil {
		owner = string(team.Addr())
	}
	return fmt.Sprintf("exception %q {\n  allows  = [%s]\n  reason  = \"…\"\n  owner   = %s\n  expires = %q\n}",
		w.subject.name(), w.Address, owner, l.options.Today.AddDate(0, 6, 0).Format(time.DateOnly))
}

// indent sets an example off from the text around it.
func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// findWeak collects the weakenings of a block and of those inside it.
func (l *loader) findWeak(n *node, found map[Address]*weakValue) {
	add := func(a Address, attribute, key, doc, what, harden string, at hcl.Range) {
		top := n.top()
		weak := &Weakening{Address: a, Subject: top.addr, Attribute: attribute, Key: key, Doc: doc}
		found[a] = &weakValue{Weakening: weak, at: at, what: what, harden: harden, subject: top}
	}
	if w := n.schema.Weakening; w != nil && w.weak(n.labels[len(n.labels)-1]) {
		add(n.addr, n.schema.Name, "", w.Doc, n.describe(), "Leave it out", n.at)
	}
	for _, s := range n.schema.Attributes {
		w := s.Weakening
		v := l.value(n.attrs[s.Name])
		if w == nil || v == nil {
			continue
		}
		addr, attribute := n.addr+Address("."+s.Name), n.schema.Name+"."+s.Name
		harden := "Leave it out"
		if s.Required {
			harden = "Write another value"
		}
		if v.v != nil {
			if w.weak(v.v) {
				add(addr, attribute, "", w.Doc, fmt.Sprintf("%s = %s", s.Name, literal(v.v)), harden, v.at)
			}
			continue
		}
		if w.Empty && len(v.list) == 0 && !v.bad {
			add(addr, attribute, "", w.Doc, s.Name+" is empty", "Name at least one", v.at)
		}
		for _, e := range v.list {
			if s.Required && len(v.list) == 1 {
				harden = "Name another"
			} else {
				harden = "Leave it out"
			}
			key, test := e.key, any(e.key)
			if s.Type.shape == list {
				key, test = elementKey(e.v), e.v
			}
			if !w.Empty && w.weak(test) {
				add(element(addr, key), attribute, key, w.Doc, fmt.Sprintf("%s has %q", s.Name, key), harden, e.at)
			}
		}
	}
	for _, c := range n.children {
		if !c.broken {
			l.findWeak(c, found)
		}
	}
}

// literal writes a value as it stands in a specification.
func literal(v any) string {
	switch v.(type) {
	case bool, int:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%q", fmt.Sprint(v))
}

// elementKey names an element of a list in an address.
func elementKey(v any) string {
	if r, ok := v.(*ref); ok {
		return string(r.addr)
	}
	return fmt.Sprint(v)
}

func (l *loader) buildException(n *node, found map[Address]*weakValue) {
	e := n.object.(*Exception)
	e.Reason = as[string](l, n, "reason")
	e.Owner = as[*Team](l, n, "owner")
	e.Expires = as[time.Time](l, n, "expires")
	e.OnExpiry = as[OnExpiry](l, n, "on_expiry")
	l.notEmpty(n, "allows", "An exception names the weakenings that it accepts.")
	for _, v := range l.items(n, "allows") {
		r, ok := v.v.(*ref)
		if !ok {
			continue
		}
		w, ok := found[r.addr]
		switch {
		case !ok:
			l.coversNothing(v, r, found)
		case w.Exception != nil && w.Exception != e:
			l.errorf(v.at, "Covered twice", "exception %q covers %s already. Each weakening has one exception, and so one end.", w.Exception.Name, r.addr)
		case w.Exception == e:
			l.errorf(v.at, "Repeated name", "%s stands twice in allows.", r.addr)
		default:
			w.Exception = e
			e.Allows = append(e.Allows, w.Weakening)
		}
	}
	slices.SortFunc(e.Allows, func(a, b *Weakening) int { return cmp.Compare(a.Address, b.Address) })
	remedy, then := "Remove what it accepts, or let its owner decide again and write a new date.", ""
	if e.OnExpiry == ExpiryRefuse {
		then = " From then on the cluster refuses new pods that need it."
		remedy = "The cluster refuses new pods that need it. " + remedy
		l.checkRefusable(n, e)
	}
	l.checkEnd(n, "expires", e.Expires, "exception", remedy, then)
}

// checkRefusable holds that admission can refuse something of what the exception allows.
func (l *loader) checkRefusable(n *node, e *Exception) {
	refusable := func(w *Weakening) bool { return w.PodGrant() != "" || w.opensNamespace(l.spec.AddOns) }
	if items := l.items(n, "allows"); len(e.Allows) < len(items) || slices.ContainsFunc(e.Allows, refusable) {
		return
	}
	l.errorf(l.at(n, "on_expiry"), "Nothing to refuse", "Nothing that this exception allows shows in a pod, so admission could not refuse it on that day. "+
		"Leave on_expiry out: `validate` and `verify` fail then.")
}

// coversNothing reports an address that names no weakening: because it is too wide, or because there is none.
func (l *loader) coversNothing(v value, r *ref, found map[Address]*weakValue) {
	var inside []string
	for a, w := range found {
		if rest, ok := strings.CutPrefix(string(a), string(r.addr)); ok && rest != "" && (rest[0] == '.' || rest[0] == '[') {
			inside = append(inside, string(a))
			w.wide = true
		}
	}
	slices.Sort(inside)
	if len(inside) > 0 {
		l.errorf(v.at, "Covers too much", "%s would also cover what is weakened later. Name exactly what is weak: %s.", r.addr, strings.Join(inside, ", "))
		return
	}
	if l.unclear(r.addr) {
		return
	}
	l.errorf(v.at, "Covers nothing", "%s is not weaker than the default, so there is nothing to accept. Remove it from the exception.", r.addr)
}

// unclear reports whether the address leads through something that is wrong, so that nobody can say what it would have
// been.
func (l *loader) unclear(a Address) bool {
	inside := func(outer Address) bool {
		rest, ok := strings.CutPrefix(string(a), string(outer))
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	var walk func(nodes []*node) bool
	walk = func(nodes []*node) bool {
		for _, n := range nodes {
			if !inside(n.addr) {
				continue
			}
			if n.broken || n.unread || walk(n.children) {
				return true
			}
			for name, attribute := range n.attrs {
				if v := l.value(attribute); inside(n.addr+Address("."+name)) && (v == nil && !attribute.null || v.isBad()) {
					return true
				}
			}
		}
		return false
	}
	return walk(l.top)
}

// checkEnd judges the last day of an exception or attestation. What happens then is said while it is announced.
func (l *loader) checkEnd(n *node, name string, end time.Time, what, remedy, then string) {
	today := l.options.Today.UTC().Truncate(24 * time.Hour)
	if end.IsZero() || today.IsZero() {
		return
	}
	left := end.Sub(today)
	switch {
	case left <= 0 && l.options.AcceptExpired:
		l.warnf(l.at(n, name), "Expired "+what, "It ended on %s. It is accepted only because expired ones are accepted in this run.", end.Format(time.DateOnly))
	case left <= 0:
		l.errorf(l.at(n, name), "Expired "+what, "It ended on %s. %s", end.Format(time.DateOnly), remedy)
	case left <= warnBefore:
		l.warnf(l.at(n, name), capital(what)+" ends soon", "It ends on %s, in %s.%s", end.Format(time.DateOnly), count(int(left.Hours()/24), "day"), then)
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (l *loader) buildAttestation(n *node) {
	a := n.object.(*Attestation)
	a.Control = as[ControlID](l, n, "control")
	a.By = as[*Team](l, n, "by")
	a.Evidence = as[string](l, n, "evidence")
	a.ReviewBy = as[time.Time](l, n, "review_by")
	if what := strings.TrimSpace(a.Evidence); strings.HasPrefix(what, "http://") {
		l.errorf(l.at(n, "evidence"), "Unencrypted URL", "%q is not encrypted on its way. Use https.", what)
	}
	subject := l.get(n, "subject")
	if c := LookupControl(a.Control); c != nil && subject != nil {
		r, _ := subject.v.(*ref)
		l.checkSubject(n, c, r)
		a.Subject = r.addr
	}
	// What an attestation says is stale when its review is due, as an exception is.
	l.checkEnd(n, "review_by", a.ReviewBy, "attestation", "Look at the evidence again and write a new date.", "")
}

// checkSubject holds that a control can be attested, and for this kind of subject. The controls of a managed control
// plane and of a provider's nodes are somebody else's to implement, so all of the cluster's or the pool's can be.
func (l *loader) checkSubject(n *node, c *Control, r *ref) {
	cluster, _ := r.object().(*Cluster)
	pool, _ := r.object().(*NodePool)
	if !c.Attested && (cluster == nil || cluster.Provisioner != Managed) && (pool == nil || pool.Ours()) {
		l.errorf(l.at(n, "control"), "Not attestable", "%q is proved from the files that are written; nobody has to vouch for it. `bartizan controls` marks those that can be attested.", c.ID)
		return
	}
	if r.kind != c.Subject {
		l.errorf(l.at(n, "subject"), "Wrong subject", "%q protects a %s, but %s is a %s.", c.ID, c.Subject, r.addr, r.kind)
	}
}
