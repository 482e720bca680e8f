//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
)

// checkRights asks the API server's own authorizer what every account and group may do in every namespace of the tree, and
// in one that the tree says nothing about. testdata/rights.txt is what verify's evaluator makes of the same files.
func checkRights(ctx context.Context, e *env) (string, error) {
	text, err := os.ReadFile("testdata/rights.txt")
	if err != nil {
		return "", err
	}
	want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	subjects, namespaces := map[string]bool{}, map[string]bool{}
	for _, line := range want {
		subject, rest, ok := strings.Cut(line, " in ")
		namespace, _, ok2 := strings.Cut(rest, ": ")
		if !ok || !ok2 {
			return "", fmt.Errorf("testdata/rights.txt: %q names no subject or namespace", line)
		}
		subjects[subject], namespaces[namespace] = true, true
	}
	// Accounts that no file names would be as good to an attacker as any.
	var accounts corev1.ServiceAccountList
	if err := e.JSON(ctx, &accounts, "get", "serviceaccounts", "-A"); err != nil {
		return "", err
	}
	for _, a := range accounts.Items {
		if namespaces[a.Namespace] && a.Namespace != "default" {
			subjects["account "+a.Namespace+"/"+a.Name] = true
		}
	}
	var got []string
	commons := map[string]map[string]map[string]bool{} // rights of everybody, by who that is and the namespace
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		kind, name, _ := strings.Cut(subject, " ")
		user, groups := "e2e", []string{"system:authenticated"}
		everybody, everybodys := user, groups
		switch kind {
		case "account":
			namespace, account, _ := strings.Cut(name, "/")
			user, everybody = "system:serviceaccount:"+namespace+":"+account, "system:serviceaccount:e2e:e2e"
			everybodys = append(groups, "system:serviceaccounts")
			groups = append(everybodys, "system:serviceaccounts:"+namespace)
		case "group":
			groups = append(groups, name)
		case "user":
			user = name
		}
		for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
			rights, err := reviewRights(ctx, e, namespace, user, groups)
			if err != nil {
				return "", err
			}
			// What every user or account may do, such as ask what it may do, is Kubernetes' own.
			common := commons[everybody+namespace]
			if common == nil {
				if common, err = reviewRights(ctx, e, namespace, everybody, everybodys); err != nil {
					return "", err
				}
				commons[everybody+namespace] = common
			}
			before := len(got)
			for what, verbs := range rights {
				list := slices.Sorted(maps.Keys(verbs))
				list = slices.DeleteFunc(list, func(v string) bool { return common[what][v] })
				if len(list) > 0 {
					got = append(got, fmt.Sprintf("%s in %s: %s %s", subject, namespace, strings.Join(list, ","), what))
				}
			}
			if len(got) == before {
				got = append(got, fmt.Sprintf("%s in %s: nothing", subject, namespace))
			}
		}
	}
	slices.Sort(got)
	var differences []error
	for _, line := range got {
		if _, found := slices.BinarySearch(want, line); !found {
			differences = append(differences, errors.New("the API server says: "+line))
		}
	}
	for _, line := range want {
		if _, found := slices.BinarySearch(got, line); !found {
			differences = append(differences, errors.New("only the file says: "+line))
		}
	}
	return fmt.Sprintf("%d accounts and groups in %d namespaces: %d lines alike", len(subjects), len(namespaces), len(got)), errors.Join(differences...)
}

// reviewRights returns the verbs that the user has for each resource and path in a namespace.
func reviewRights(ctx context.Context, e *env, namespace, user string, groups []string) (map[string]map[string]bool, error) {
	review := fmt.Sprintf(`{"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": %q}}`, namespace)
	// Without --raw kubectl would ask for definitions first, as the user.
	args := []string{"create", "--raw", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "-f", "-", "--as", user}
	for _, g := range groups {
		args = append(args, "--as-group", g)
	}
	text, err := e.KubectlInput(ctx, strings.NewReader(review), args...)
	if err != nil {
		return nil, err
	}
	var answer authorizationv1.SelfSubjectRulesReview
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
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
	for _, r := range answer.Status.NonResourceRules {
		for _, url := range r.NonResourceURLs {
			add(url, r.Verbs)
		}
	}
	for _, r := range answer.Status.ResourceRules {
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
