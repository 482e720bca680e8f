package apiserver

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
)

// Ask asks an API server what a user of some groups may do in a namespace.
type Ask func(ctx context.Context, namespace, user string, groups []string) (*authorizationv1.SelfSubjectRulesReview, error)

// Review asks this server.
func (s *Server) Review(ctx context.Context, namespace, user string, groups []string) (*authorizationv1.SelfSubjectRulesReview, error) {
	said, err := s.do(ctx, request{method: http.MethodPost, path: ReviewPath, contentType: "application/json", body: []byte(Question(namespace)), user: user, groups: groups})
	if err != nil {
		return nil, err
	}
	var answer authorizationv1.SelfSubjectRulesReview
	if err := json.Unmarshal(said.body, &answer); err != nil {
		return nil, err
	}
	if answer.Status.Incomplete {
		return nil, fmt.Errorf("the API server does not know all rights of %s: %s", user, answer.Status.EvaluationError)
	}
	return &answer, nil
}

// ReviewPath is where a Question is posted.
const ReviewPath = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"

// Question is the body that asks what one may do in a namespace.
func Question(namespace string) string {
	return fmt.Sprintf(`{"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": %q}}`, namespace)
}

// Subjects returns whom lines of rights are about, and the namespaces. A line is "KIND NAME in NAMESPACE: VERBS RESOURCE", or
// "KIND NAME in NAMESPACE: nothing"; a kind is account, group or user, and the name of an account NAMESPACE/NAME.
func Subjects(lines []string) (subjects, namespaces map[string]bool, err error) {
	subjects, namespaces = map[string]bool{}, map[string]bool{}
	for _, line := range lines {
		subject, rest, ok := strings.Cut(line, " in ")
		namespace, _, ok2 := strings.Cut(rest, ": ")
		if !ok || !ok2 {
			return nil, nil, fmt.Errorf("%q names no subject or namespace", line)
		}
		subjects[subject], namespaces[namespace] = true, true
	}
	return subjects, namespaces, nil
}

// Rights returns the rights of each subject in each namespace as lines, sorted. What every user or account may do, such as
// ask what it may do, is Kubernetes' own and left out.
func Rights(ctx context.Context, ask Ask, subjects, namespaces map[string]bool) ([]string, error) {
	var lines []string
	type common struct{ user, namespace string }
	commons := map[common]map[string]map[string]bool{}
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		kind, name, _ := strings.Cut(subject, " ")
		user, groups := "e2e", []string{"system:authenticated"}
		everybody, everybodys := user, groups
		switch kind {
		case "account":
			namespace, account, _ := strings.Cut(name, "/")
			user, everybody = "system:serviceaccount:"+namespace+":"+account, "system:serviceaccount:e2e:e2e"
			everybodys = []string{"system:authenticated", "system:serviceaccounts"}
			groups = []string{"system:authenticated", "system:serviceaccounts", "system:serviceaccounts:" + namespace}
		case "group":
			groups = []string{"system:authenticated", name}
		case "user":
			user = name
		}
		for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
			rights, err := reviewed(ctx, ask, namespace, user, groups)
			if err != nil {
				return nil, err
			}
			shared, ok := commons[common{everybody, namespace}]
			if !ok {
				if shared, err = reviewed(ctx, ask, namespace, everybody, everybodys); err != nil {
					return nil, err
				}
				commons[common{everybody, namespace}] = shared
			}
			before := len(lines)
			for what, verbs := range rights {
				list := slices.DeleteFunc(slices.Sorted(maps.Keys(verbs)), func(v string) bool { return shared[what][v] })
				if len(list) > 0 {
					lines = append(lines, fmt.Sprintf("%s in %s: %s %s", subject, namespace, strings.Join(list, ","), what))
				}
			}
			if len(lines) == before {
				lines = append(lines, fmt.Sprintf("%s in %s: nothing", subject, namespace))
			}
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// Differences says what only the server says, and what only others say of it. Both are sorted.
func Differences(server, others []string) []error {
	var all []error
	for _, line := range server {
		if _, found := slices.BinarySearch(others, line); !found {
			all = append(all, fmt.Errorf("only the API server says: %s", line))
		}
	}
	for _, line := range others {
		if _, found := slices.BinarySearch(server, line); !found {
			all = append(all, fmt.Errorf("the API server does not say: %s", line))
		}
	}
	return all
}

// reviewed returns the verbs that the user has for each resource and path in a namespace.
func reviewed(ctx context.Context, ask Ask, namespace, user string, groups []string) (map[string]map[string]bool, error) {
	said, err := ask(ctx, namespace, user, groups)
	if err != nil {
		return nil, err
	}
	rights := map[string]map[string]bool{}
	add := func(what string, verbs []string) {
		if rights[what] == nil {
			rights[what] = map[string]bool{}
		}
		for _, v := range verbs {
			rights[what][v] = true
		}
	}
	for _, r := range said.Status.NonResourceRules {
		for _, url := range r.NonResourceURLs {
			add(url, r.Verbs)
		}
	}
	for _, r := range said.Status.ResourceRules {
		for _, group := range r.APIGroups {
			for _, resource := range r.Resources {
				what := resource
				if group != "" {
					what += "." + group
				}
				if len(r.ResourceNames) == 0 {
					add(what, r.Verbs)
				}
				for _, name := range r.ResourceNames {
					add(fmt.Sprintf("%s %q", what, name), r.Verbs)
				}
			}
		}
	}
	return rights, nil
}
