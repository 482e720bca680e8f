package verify

import (
	"strings"
	"testing"
)

const rbacHead = "apiVersion: rbac.authorization.k8s.io/v1\n"

// rbacOf reads roles and bindings that are written without their apiVersion.
func rbacOf(t *testing.T, objects ...string) *rbac {
	t.Helper()
	o := objectsOf(smallTree, map[string]string{"clusters/c/manifests/platform/a.yaml": rbacHead + strings.Join(objects, "---\n"+rbacHead)})
	if !o.Complete {
		t.Fatal(o.problems)
	}
	return newRBAC(o)
}

func bindTo(kind, namespace, ref, subject string) string {
	meta := "{name: b}"
	if namespace != "" {
		meta = "{name: b, namespace: " + namespace + "}"
	}
	return "kind: " + kind + "\nmetadata: " + meta + "\nroleRef: {apiGroup: rbac.authorization.k8s.io, " + ref + "}\nsubjects: [" + subject + "]\n"
}

func TestRBACAllowsWhatTheAuthorizerWould(t *testing.T) {
	const (
		cart     = "{kind: ServiceAccount, name: cart, namespace: shop}"
		readPods = "kind: Role\nmetadata: {name: r, namespace: shop}\nrules: [{verbs: [get], apiGroups: [\"\"], resources: [pods]}]\n"
	)
	get := request{verb: "get", resource: "pods", namespace: "shop", name: "x"}
	for name, c := range map[string]struct {
		objects []string
		who     identity
		ask     request
		want    bool
	}{
		"role in its namespace":      {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", cart)}, accountIdentity("shop", "cart"), get, true},
		"another account":            {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", cart)}, accountIdentity("shop", "pay"), get, false},
		"same name elsewhere":        {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", cart)}, accountIdentity("mon", "cart"), get, false},
		"another namespace":          {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "pods", namespace: "mon"}, false},
		"across namespaces":          {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "pods"}, false},
		"subresource":                {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "pods", subresource: "log", namespace: "shop"}, false},
		"another verb":               {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "list", resource: "pods", namespace: "shop"}, false},
		"another group":              {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", group: "metrics.k8s.io", resource: "pods", namespace: "shop"}, false},
		"binding without namespace":  {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", "{kind: ServiceAccount, name: cart}")}, accountIdentity("shop", "cart"), get, true},
		"account as a user":          {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", "{kind: User, apiGroup: rbac.authorization.k8s.io, name: \"system:serviceaccount:shop:cart\"}")}, accountIdentity("shop", "cart"), get, true},
		"all accounts":               {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", "{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"system:serviceaccounts\"}")}, accountIdentity("mon", "x"), get, true},
		"all accounts of it":         {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", "{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"system:serviceaccounts:shop\"}")}, accountIdentity("shop", "x"), get, true},
		"everybody":                  {[]string{readPods, bindTo("RoleBinding", "shop", "kind: Role, name: r", "{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"system:authenticated\"}")}, groupIdentity("oidc:dev"), get, true},
		"cluster role in one":        {[]string{"kind: ClusterRole\nmetadata: {name: r}\nrules: [{verbs: [\"*\"], apiGroups: [\"*\"], resources: [\"*\"]}]\n", bindTo("RoleBinding", "shop", "kind: ClusterRole, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "create", group: "apps", resource: "deployments", subresource: "scale", namespace: "shop"}, true},
		"cluster role, one only":     {[]string{"kind: ClusterRole\nmetadata: {name: r}\nrules: [{verbs: [\"*\"], apiGroups: [\"*\"], resources: [\"*\"]}]\n", bindTo("RoleBinding", "shop", "kind: ClusterRole, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "nodes"}, false},
		"cluster-wide":               {[]string{"kind: ClusterRole\nmetadata: {name: r}\nrules: [{verbs: [get], apiGroups: [\"\"], resources: [\"*/log\"]}]\n", bindTo("ClusterRoleBinding", "", "kind: ClusterRole, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "pods", subresource: "log", namespace: "mon"}, true},
		"names":                      {[]string{"kind: ClusterRole\nmetadata: {name: r}\nrules: [{verbs: [get], apiGroups: [\"\"], resources: [secrets], resourceNames: [a]}]\n", bindTo("ClusterRoleBinding", "", "kind: ClusterRole, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "secrets", namespace: "mon", name: "a"}, true},
		"other names":                {[]string{"kind: ClusterRole\nmetadata: {name: r}\nrules: [{verbs: [get], apiGroups: [\"\"], resources: [secrets], resourceNames: [a]}]\n", bindTo("ClusterRoleBinding", "", "kind: ClusterRole, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "secrets", namespace: "mon", name: "b"}, false},
		"role that is not there":     {[]string{bindTo("ClusterRoleBinding", "", "kind: ClusterRole, name: cluster-admin", cart)}, accountIdentity("shop", "cart"), request{verb: "delete", resource: "nodes"}, true},
		"aggregated role":            {[]string{"kind: ClusterRole\nmetadata: {name: r}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\nrules: []\n", "kind: ClusterRole\nmetadata: {name: part, labels: {a: b}}\nrules: [{verbs: [get], apiGroups: [\"\"], resources: [nodes]}]\n", bindTo("ClusterRoleBinding", "", "kind: ClusterRole, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "nodes"}, true},
		"aggregated, own rules gone": {[]string{"kind: ClusterRole\nmetadata: {name: r}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\nrules: [{verbs: [get], apiGroups: [\"\"], resources: [nodes]}]\n", bindTo("ClusterRoleBinding", "", "kind: ClusterRole, name: r", cart)}, accountIdentity("shop", "cart"), request{verb: "get", resource: "nodes"}, false},
		"masters":                    {nil, groupIdentity("system:masters"), request{verb: "delete", resource: "nodes"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			objects := c.objects
			if objects == nil {
				objects = []string{readPods}
			}
			if got := rbacOf(t, objects...).allowed(c.who, c.ask); got != c.want {
				t.Errorf("allowed(%+v) = %v", c.ask, got)
			}
		})
	}
}

func TestRightsIncludeWeakerOnes(t *testing.T) {
	base := right{namespace: "shop", verb: "get", resource: "pods", name: "a"}
	for name, c := range map[string]struct {
		strong right
		want   bool
	}{
		"itself":            {base, true},
		"all names":         {right{namespace: "shop", verb: "get", resource: "pods"}, true},
		"whole cluster":     {right{verb: "get", resource: "pods"}, true},
		"wildcards":         {right{verb: "*", group: "*", resource: "*"}, true},
		"other namespace":   {right{namespace: "mon", verb: "get", resource: "pods"}, false},
		"other name":        {right{namespace: "shop", verb: "get", resource: "pods", name: "b"}, false},
		"subresource alone": {right{namespace: "shop", verb: "get", resource: "*/log"}, false},
		"url":               {right{verb: "get", url: "*"}, false},
	} {
		if got := c.strong.includes(base); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
