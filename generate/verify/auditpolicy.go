package verify

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// auditRequest is what an audit policy looks at in a request.
type auditRequest struct {
	user      string
	groups    []string
	verb      string
	namespace string
	group     string // API group of a request for a resource
	resource  string // "pods/exec" with a subresource; empty for a request for a path
	name      string
	path      string // of a request that is for no resource
}

// auditLevel returns the level at which the policy records the request and the stages that it omits. The first rule
// that matches decides; without one nothing is recorded. This is the evaluation of k8s.io/apiserver/pkg/audit/policy,
// v0.36.4, checker.go, whose package would bring the whole API server along.
func auditLevel(p *auditv1.Policy, q auditRequest) (auditv1.Level, []auditv1.Stage) {
	for _, r := range p.Rules {
		if auditRuleMatches(r, q) {
			return r.Level, slices.Concat(p.OmitStages, r.OmitStages)
		}
	}
	return auditv1.LevelNone, p.OmitStages
}

func auditRuleMatches(r auditv1.PolicyRule, q auditRequest) bool {
	if len(r.Users) > 0 && !slices.Contains(r.Users, q.user) {
		return false
	}
	if len(r.UserGroups) > 0 && !slices.ContainsFunc(q.groups, func(g string) bool { return slices.Contains(r.UserGroups, g) }) {
		return false
	}
	if len(r.Verbs) > 0 && !slices.Contains(r.Verbs, q.verb) {
		return false
	}
	switch {
	case len(r.Namespaces) > 0 || len(r.Resources) > 0:
		return q.resource != "" && auditResourceMatches(r, q)
	case len(r.NonResourceURLs) > 0:
		return q.resource == "" && slices.ContainsFunc(r.NonResourceURLs, func(spec string) bool {
			return spec == "*" || spec == q.path || strings.HasSuffix(spec, "*") && strings.HasPrefix(q.path, strings.TrimRight(spec, "*"))
		})
	}
	return true
}

func auditResourceMatches(r auditv1.PolicyRule, q auditRequest) bool {
	if len(r.Namespaces) > 0 && !slices.Contains(r.Namespaces, q.namespace) {
		return false
	}
	if len(r.Resources) == 0 {
		return true
	}
	resource, sub, _ := strings.Cut(q.resource, "/")
	for _, g := range r.Resources {
		if g.Group != q.group && g.Group != "*" {
			continue
		}
		if len(g.Resources) == 0 {
			return true
		}
		if len(g.ResourceNames) > 0 && !slices.Contains(g.ResourceNames, q.name) {
			continue
		}
		for _, spec := range g.Resources {
			below, anyResource := strings.CutPrefix(spec, "*/")
			above, anySub := strings.CutSuffix(spec, "/*")
			if spec == "*" || spec == q.resource || sub != "" && anyResource && below == sub || anySub && above == resource {
				return true
			}
		}
	}
	return false
}

// auditContentsWrong judges a policy that is to record the contents of all requests. Only a rule for nothing but what
// may hold a secret records less, and the last rule takes every request that is left.
func auditContentsWrong(p *auditv1.Policy) error {
	for i, r := range p.Rules {
		if r.Level != auditv1.LevelRequestResponse && !onlySecrets(r) {
			return fmt.Errorf("rule %d records at %s what is neither a Secret, a ConfigMap nor a token", i+1, r.Level)
		}
		if slices.ContainsFunc(slices.Concat(p.OmitStages, r.OmitStages), func(s auditv1.Stage) bool { return s != auditv1.StageRequestReceived }) {
			return fmt.Errorf("rule %d omits a stage that holds contents", i+1)
		}
	}
	if n := len(p.Rules); n == 0 || !reflect.DeepEqual(p.Rules[n-1], auditv1.PolicyRule{Level: auditv1.LevelRequestResponse}) {
		return fmt.Errorf("the last rule does not record every request at RequestResponse")
	}
	return nil
}

// onlySecrets reports whether the rule matches only requests that may carry a secret.
func onlySecrets(r auditv1.PolicyRule) bool {
	if len(r.Resources) == 0 {
		return false
	}
	for _, g := range r.Resources {
		switch g.Group {
		case "authentication.k8s.io":
		case "":
			if len(g.Resources) == 0 {
				return false
			}
			for _, name := range g.Resources {
				if !slices.Contains([]string{"secrets", "configmaps", "serviceaccounts/token"}, name) {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}
