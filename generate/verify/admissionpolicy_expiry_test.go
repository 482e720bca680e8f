package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

// editedExample loads an example with one text in the place of another.
func editedExample(t *testing.T, dir, old, text string) *model.Spec {
	t.Helper()
	to := filepath.Join(t.TempDir(), "spec")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	edited := false
	files, _ := filepath.Glob(filepath.Join(to, "*.bartizan.hcl"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if changed := strings.Replace(string(data), old, text, 1); changed != string(data) {
			edited = true
			if err := os.WriteFile(f, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !edited {
		t.Fatalf("no %q in %s", old, dir)
	}
	return loadExample(t, to)
}

const nodeExporterEnd = `  reason  = "measures the node itself: its processes, devices and file systems, all read-only"
  owner   = team.platform
  expires = "2027-03-31"
`

// An exception that refuses on its last day is let through for pods that are made before, and not for pods made after.
func TestAnExceptionThatRefusesEndsForPodsOfTheDay(t *testing.T) {
	env := celEnv(t)
	const request = `{operation: CREATE, namespace: monitoring, userInfo: {username: x}}`
	pod := func(account, made string) string {
		return `{metadata: {creationTimestamp: "` + made + `"}, spec: {serviceAccountName: ` + account + `, hostPID: true,
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},
  containers: [{name: c, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}`
	}
	for _, test := range []struct{ rule, then, object, want string }{
		{"report, after the day", "report", pod("node-exporter", "2027-06-01T00:00:00Z"), "admitted"},
		{"refuse, long before", "refuse", pod("node-exporter", "2026-11-21T00:00:00Z"), "admitted"},
		{"refuse, the second before", "refuse", pod("node-exporter", "2027-03-30T23:59:59Z"), "admitted"},
		{"refuse, the first second of the day", "refuse", pod("node-exporter", "2027-03-31T00:00:00Z"), "refused"},
		{"refuse, after the day", "refuse", pod("node-exporter", "2027-06-01T00:00:00Z"), "refused"},
		{"refuse, another account before", "refuse", pod("other", "2026-11-21T00:00:00Z"), "refused"},
		{"refuse, a pod without a time", "refuse", strings.Replace(pod("node-exporter", ""), `creationTimestamp: ""`, "", 1), "refused"},
		{"refuse, a confined pod after the day", "refuse", strings.Replace(pod("node-exporter", "2027-06-01T00:00:00Z"), "hostPID: true,", "", 1), "admitted"},
	} {
		spec := editedExample(t, "../../examples/platform", nodeExporterEnd, nodeExporterEnd+`  on_expiry = "`+test.then+"\"\n")
		p := generatedPolicies(t, spec)["exceptions"]
		got := "refused"
		if admits(t, env, p, request, test.object, "null") {
			got = "admitted"
		}
		if got != test.want {
			t.Errorf("%s: %s", test.rule, got)
		}
	}
}

// A namespace that is open for the pods of an add-on is closed on the last day of its exception.
func TestANamespaceOfAnAddOnIsClosedOnTheDay(t *testing.T) {
	env := celEnv(t)
	spec := policySpec()
	n := spec.Clusters[0].Namespaces[1]
	n.PodSecurity = model.Privileged
	spec.AddOns = []*model.AddOn{{Name: "agent", Namespace: n}}
	ends := &model.Exception{Name: "agent", Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), OnExpiry: model.ExpiryRefuse}
	spec.Weakenings = []*model.Weakening{{Address: n.Addr() + ".pod_security", Subject: n.Addr(), Attribute: "namespace.pod_security", Exception: ends}}
	for made, want := range map[string]bool{"2027-03-30T23:59:59Z": true, "2027-03-31T00:00:00Z": false} {
		pod := `{metadata: {creationTimestamp: "` + made + `"}, spec: {hostPID: true, containers: [{name: c}]}}`
		if got := admits(t, env, generatedPolicies(t, spec)["exceptions"], "{operation: CREATE, namespace: "+n.Name+"}", pod, "null"); got != want {
			t.Errorf("made at %s: admitted = %v", made, got)
		}
		if admits(t, env, generatedPolicies(t, spec)["exceptions"], "{operation: CREATE, namespace: shop}", pod, "null") {
			t.Errorf("made at %s: admitted in another namespace", made)
		}
	}
	set, files := netFiles(t, spec, "admission-policy")
	for _, c := range set.Claims {
		if c.Control == model.ExceptionsConfined {
			t.Error("claimed, though the namespace is open until that day")
		}
	}
	if result := Run(spec, files, []*Check{admissionPolicyCheck}); len(result.Findings) > 0 {
		t.Errorf("%+v", result.Findings)
	}
}

// Whoever moves an end, or takes it away, is found.
func TestEveryEditOfAnEndIsFound(t *testing.T) {
	spec := editedExample(t, "../../examples/platform", nodeExporterEnd, nodeExporterEnd+`  on_expiry = "refuse"`+"\n")
	_, files := netFiles(t, spec, "admission-policy")
	file := "clusters/platform/manifests/platform/admission-exceptions.yaml"
	want := model.Hold{Control: model.ExceptionsConfined, Subject: "cluster.platform"}
	if !holds(Run(spec, files, []*Check{admissionPolicyCheck}), want) {
		t.Fatal("not proved before")
	}
	for _, test := range []struct{ change, old, text string }{
		{"a year more", "2027-03-31T00:00:00Z monitoring/node-exporter network", "2028-03-31T00:00:00Z monitoring/node-exporter network"},
		{"an hour more by the zone", "2027-03-31T00:00:00Z monitoring/node-exporter network", "2027-03-31T00:00:00-01:00 monitoring/node-exporter network"},
		{"no end", `"2027-03-31T00:00:00Z monitoring/node-exporter network"`, `"monitoring/node-exporter network"`},
		{"the comparison the other way round", "< timestamp(e.substring", "> timestamp(e.substring"},
		{"a time that the client chooses", "object.metadata.creationTimestamp", "object.metadata.annotations.made"},
	} {
		edited := map[string][]byte{}
		for f, data := range files {
			edited[f] = data
		}
		edited[file] = []byte(strings.Replace(string(files[file]), test.old, test.text, 1))
		if string(edited[file]) == string(files[file]) {
			t.Fatalf("%s: no %q in\n%s", test.change, test.old, files[file])
		}
		result := Run(spec, edited, []*Check{admissionPolicyCheck})
		found := false
		for _, f := range result.Findings {
			found = found || f.Control == want.Control && f.Path == file && f.Object != ""
		}
		if holds(result, want) || !found {
			t.Errorf("%s: proved %v, found %v", test.change, holds(result, want), found)
		}
	}
}
