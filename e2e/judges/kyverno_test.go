package judges

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const kyvernoTestPolicies = `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: users
spec:
  rules:
  - name: root
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {message: no}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: tags
  annotations: {pod-policies.kyverno.io/autogen-controllers: none}
spec:
  rules:
  - name: latest
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {message: no}
`

// What kyverno does not say, skips or could not evaluate is never taken for a check that passed.
func TestKyvernoHasToSayWhatPasses(t *testing.T) {
	policies, err := parseKyvernoPolicies([]byte(kyvernoTestPolicies))
	if err != nil {
		t.Fatal(err)
	}
	deployment, pod := subject{"Deployment", "shop", "a"}, subject{"Pod", "shop", "b"}
	judged := subjects{}
	for _, s := range []subject{deployment, pod} {
		judged.add(Object{Kind: s.Kind, Namespace: s.Namespace, Name: s.Name}, s.Kind)
	}
	said := func(on subject, policy, rule, result string) kyvernoVerdict {
		return kyvernoVerdict{Policy: policy, Rule: rule, Result: result, Message: "because", Resources: []subject{on}}
	}
	whole := func(deploymentRoot, podRoot, podLatest string) []kyvernoVerdict {
		return []kyvernoVerdict{said(deployment, "users", "autogen-root", deploymentRoot), said(pod, "users", "root", podRoot),
			said(pod, "tags", "latest", podLatest)}
	}
	tests := []struct {
		name   string
		said   []kyvernoVerdict
		passed int
		failed []Finding
		err    string
	}{
		{"everything passes", whole("pass", "pass", "pass"), 3, nil, ""},
		{"the object fails", whole("fail", "pass", "pass"), 2, []Finding{{"users/root", "Deployment", "because"}}, ""},
		{"the pod fails", whole("pass", "pass", "fail"), 2, []Finding{{"tags/latest", "Pod", "because"}}, ""},
		{"skipped", whole("skip", "pass", "pass"), 2, nil, ""},
		{"an error", whole("pass", "pass", "error"), 0, nil, `tags/latest ended with "error"`},
		{"a warning", whole("warn", "pass", "pass"), 0, nil, `users/root ended with "warn"`},
		{"nothing of the object", whole("pass", "pass", "pass")[1:], 0, nil, "users/root says nothing of {Deployment shop a}"},
		{"nothing of the pod", whole("pass", "pass", "pass")[:2], 0, nil, "tags/latest says nothing of {Pod shop b}"},
		{"two things", append(whole("pass", "pass", "pass"), said(pod, "tags", "latest", "pass")), 0, nil, "a further verdict of tags/latest"},
		{"more than it is about", append(whole("pass", "pass", "pass"), said(deployment, "tags", "latest", "pass")), 0, nil, "a further verdict of tags/latest"},
		{"an object that was not given", append(whole("pass", "pass", "pass"), said(subject{"Pod", "shop", "c"}, "users", "root", "pass")),
			0, nil, "were not given"},
		{"a rule that was not given", append(whole("pass", "pass", "pass"), said(pod, "users", "other", "pass")), 0, nil, "users/other"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newReport()
			err := policies.report(judged, test.said, r)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got the error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.failed, r.Failed); diff != "" || r.Passed != test.passed {
				t.Errorf("%d passed, want %d; failed (-want +got):\n%s", r.Passed, test.passed, diff)
			}
		})
	}
	if alone := policies.aboutPodsAlone(); len(alone) != 1 || alone[0].Metadata.Name != "tags" {
		t.Errorf("about pods alone: %v", alone)
	}
}

func TestKyvernoPrintsOnlyItsReport(t *testing.T) {
	for out, ok := range map[string]bool{
		`{"results": [{"policy": "users", "rule": "root", "result": "pass"}]}` + "\n":       true,
		"Invalid Policies:\n1. users\n" + `{"results": []}`:                                 false,
		`{"results": []}` + "\nPolicies Skipped (as required variables are not provided)\n": false,
	} {
		if _, err := readKyverno([]byte(out)); (err == nil) != ok {
			t.Errorf("%q: %v", out, err)
		}
	}
}

func TestKyvernoJudgesThePodsThatObjectsMake(t *testing.T) {
	const pod = `metadata:
  labels:
    app: a
spec:
  containers:
  - name: a
`
	indent := func(text, by string) string {
		return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by)
	}
	tests := []struct{ kind, spec string }{
		{"Deployment", "spec:\n  template:\n" + indent(pod, "    ")},
		{"CronJob", "spec:\n  jobTemplate:\n    spec:\n      template:\n" + indent(pod, "        ")},
	}
	for _, test := range tests {
		t.Run(test.kind, func(t *testing.T) {
			made, err := podOf(Object{Kind: test.kind, Namespace: "shop", Name: "a", YAML: []byte(test.spec)})
			if err != nil {
				t.Fatal(err)
			}
			want := "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    app: a\n  name: " + strings.ToLower(test.kind) +
				".a\n  namespace: shop\nspec:\n  containers:\n  - name: a\n"
			if diff := cmp.Diff(want, string(made.YAML)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	service, err := podOf(Object{Kind: "Service", YAML: []byte("spec: {}")})
	if err != nil || service.YAML != nil {
		t.Errorf("a Service makes the pod %s (%v)", service.YAML, err)
	}
}
