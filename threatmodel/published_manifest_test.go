package threatmodel

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// dangers are what a pod and its account have beyond the least, as far as the published attacks are about it.
type dangers struct {
	HostPID, HostIPC, HostNetwork bool
	HostPaths                     []string // "/path", or "/path read-only"
	HostPorts                     []int32
	Root, Privileged              bool
	Capabilities                  []string
	Rights                        []string // of the account, each "namespace group/resource verb name"
}

// checkEquivalent compares the dangers of the published manifest with those of the generated objects: the specification
// that is analysed is then no weaker and no stronger than what was published. Both name the pod's account, namespace and
// workload alike: lab/subject.
func checkEquivalent(t *testing.T, manifest []byte, files map[string][]byte) {
	t.Helper()
	var generated dangers
	for _, path := range slices.Sorted(func(yield func(string) bool) {
		for p := range files {
			if strings.HasSuffix(p, ".yaml") && strings.Contains(p, "/manifests/") && !yield(p) {
				return
			}
		}
	}) {
		generated.add(t, files[path])
	}
	published := dangers{}
	published.add(t, manifest)
	published.sort()
	generated.sort()
	if d := cmp.Diff(published, generated); d != "" {
		t.Fatalf("the specification is not equal to the manifest (-manifest +generated):\n%s", d)
	}
}

func (d *dangers) sort() {
	slices.Sort(d.HostPaths)
	slices.Sort(d.HostPorts)
	slices.Sort(d.Capabilities)
	slices.Sort(d.Rights)
	d.Rights = slices.Compact(d.Rights)
}

// add adds the dangers of the objects of a file that concern lab/subject.
func (d *dangers) add(t *testing.T, data []byte) {
	t.Helper()
	rules := map[string][]rbacv1.PolicyRule{} // by kind and name
	docs := slices.DeleteFunc(bytes.Split(data, []byte("\n---\n")), func(doc []byte) bool { return !bytes.Contains(doc, []byte("subject")) })
	for _, doc := range docs {
		var head struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		parse(t, doc, &head)
		in := head.Metadata.Namespace
		switch head.Kind {
		case "Deployment":
			var w appsv1.Deployment
			parse(t, doc, &w)
			if in == "lab" && w.Name == "subject" {
				d.pod(&w.Spec.Template.Spec)
			}
		case "Pod":
			var p corev1.Pod
			parse(t, doc, &p)
			if in == "lab" && p.Name == "subject" {
				d.pod(&p.Spec)
			}
		case "Role", "ClusterRole":
			var r rbacv1.ClusterRole
			parse(t, doc, &r)
			rules[head.Kind+"/"+in+"/"+r.Name] = r.Rules
		}
	}
	for _, doc := range docs {
		var b rbacv1.ClusterRoleBinding
		parse(t, doc, &b)
		if b.Kind != "RoleBinding" && b.Kind != "ClusterRoleBinding" || !slices.ContainsFunc(b.Subjects, func(s rbacv1.Subject) bool {
			return s.Kind == "ServiceAccount" && s.Namespace == "lab" && s.Name == "subject"
		}) {
			continue
		}
		role := "ClusterRole//" + b.RoleRef.Name
		if b.RoleRef.Kind == "Role" {
			role = "Role/" + b.Namespace + "/" + b.RoleRef.Name
		}
		if rules[role] == nil {
			t.Fatalf("%s is bound and not in the same file", role)
		}
		d.rights(b.Namespace, rules[role])
	}
}

func parse(t *testing.T, doc []byte, to any) {
	t.Helper()
	if err := yaml.Unmarshal(doc, to); err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
}

func (d *dangers) pod(p *corev1.PodSpec) {
	d.HostPID, d.HostIPC, d.HostNetwork = p.HostPID, p.HostIPC, p.HostNetwork
	readOnly := map[string]bool{}
	for _, c := range p.Containers {
		for _, m := range c.VolumeMounts {
			readOnly[m.Name] = m.ReadOnly
		}
		for _, port := range c.Ports {
			if port.HostPort != 0 {
				d.HostPorts = append(d.HostPorts, port.HostPort)
			}
		}
		s := c.SecurityContext
		if s == nil {
			s = &corev1.SecurityContext{}
		}
		d.Privileged = d.Privileged || s.Privileged != nil && *s.Privileged
		if s.Capabilities != nil {
			for _, x := range s.Capabilities.Add {
				d.Capabilities = append(d.Capabilities, strings.TrimPrefix(string(x), "CAP_"))
			}
		}
		d.Root = d.Root || !other(s.RunAsUser, s.RunAsNonRoot) && (p.SecurityContext == nil || !other(p.SecurityContext.RunAsUser, p.SecurityContext.RunAsNonRoot))
	}
	for _, v := range p.Volumes {
		if v.HostPath == nil {
			continue
		}
		path := v.HostPath.Path
		if readOnly[v.Name] {
			path += " read-only"
		}
		d.HostPaths = append(d.HostPaths, path)
	}
}

// other reports whether somebody else than root is asked for. An image that says nothing runs as root.
func other(user *int64, nonRoot *bool) bool {
	return user != nil && *user != 0 || nonRoot != nil && *nonRoot
}

func (d *dangers) rights(namespace string, rules []rbacv1.PolicyRule) {
	for _, r := range rules {
		for _, g := range r.APIGroups {
			for _, resource := range r.Resources {
				for _, verb := range r.Verbs {
					for _, name := range orAny(r.ResourceNames) {
						d.Rights = append(d.Rights, fmt.Sprintf("%s %s/%s %s %s", namespace, g, resource, verb, name))
					}
				}
			}
		}
	}
}

func orAny(names []string) []string {
	if len(names) == 0 {
		return []string{"*"}
	}
	return names
}
