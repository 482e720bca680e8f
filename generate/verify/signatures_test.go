package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

func TestSignaturesThatAreAskedForAreProved(t *testing.T) {
	spec := loadExample(t, "../testdata/addons")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	var claims []model.Claim
	for _, c := range set.Claims {
		if c.Control == model.SignaturesEnforced {
			claims = append(claims, c)
		}
	}
	result := Run(spec, set.Files(), []*Check{signaturesCheck})
	if diff := cmp.Diff(claims, result.Proved); diff != "" || len(claims) != 1 {
		t.Errorf("claimed, proved: %s", diff)
	}
	for _, f := range result.Findings {
		t.Errorf("%+v", f)
	}
	// Where nothing asks, nothing is claimed, and no policy is written.
	spec.Clusters[0].Admission.Signatures = ""
	if set, err = generate.Run(spec, generate.All); err != nil {
		t.Fatal(err)
	}
	for path, data := range set.Files() {
		if strings.HasSuffix(path, ".yaml") && strings.Contains(string(data), "policy.sigstore.dev/include: ") {
			t.Errorf("%s: labelled though nothing asks", path)
		}
	}
	if result := Run(spec, set.Files(), []*Check{signaturesCheck}); len(result.Proved)+len(result.Findings) > 0 {
		t.Errorf("judged though nothing asks: %v", result)
	}
}

func TestEveryLooseningOfAnImagePolicyIsFound(t *testing.T) {
	spec := loadExample(t, "../testdata/addons")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	const (
		platform  = "clusters/main/manifests/platform/"
		policy    = platform + "signatures-main.yaml"
		namespace = "clusters/main/manifests/namespaces/hello/guard/namespace.yaml"
	)
	want := model.Hold{Control: model.SignaturesEnforced, Subject: "cluster.main"}
	clean := set.Files()
	if !holds(Run(spec, clean, []*Check{signaturesCheck}), want) {
		t.Fatal("not proved before")
	}
	for _, test := range []struct{ change, file, old, text, found string }{
		{"warn only", policy, "mode: enforce", "mode: warn", policy},
		{"no mode", policy, "  mode: enforce\n", "", policy},
		{"another key", policy, "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAF", policy},
		{"one more key", policy, "  authorities:\n", "  authorities:\n  - name: mine\n    key: {data: x}\n", policy},
		{"everybody passes as well", policy, "  authorities:\n", "  authorities:\n  - name: all\n    static: {action: pass}\n", policy},
		{"an identity instead", policy, "  authorities:\n", "  authorities:\n  - name: all\n    keyless: {identities: [{issuerRegExp: .*, subjectRegExp: .*}]}\n", policy},
		{"no authority", policy, "- key:", "- static: {action: pass}\n    was:", policy},
		{"some images only", policy, "glob: registry.example.com/**", "glob: registry.example.com/hello/**", policy},
		{"one level of names only", policy, "glob: registry.example.com/**", "glob: registry.example.com/*", policy},
		{"some kinds only", policy, "  mode: enforce\n", "  match: [{resource: deployments, version: v1}]\n  mode: enforce\n", policy},
		{"another version", policy, "policy.sigstore.dev/v1beta1", "policy.sigstore.dev/v1alpha1", policy},
		{"another group", policy, "policy.sigstore.dev/v1beta1", "config.openshift.io/v1beta1", ""},
		{"not applied", platform + "kustomization.yaml", "- signatures-main.yaml\n", "", ""},
		{"not asked in a namespace", namespace, `    policy.sigstore.dev/include: "true"` + "\n", "", namespace},
		{"asked by another word", namespace, `policy.sigstore.dev/include: "true"`, `policy.sigstore.dev/include: "True"`, namespace},
	} {
		t.Run(test.change, func(t *testing.T) {
			files := maps.Clone(clean)
			files[test.file] = []byte(strings.Replace(string(files[test.file]), test.old, test.text, 1))
			if string(files[test.file]) == string(clean[test.file]) {
				t.Fatalf("no %q in\n%s", test.old, clean[test.file])
			}
			result := Run(spec, files, []*Check{signaturesCheck})
			if holds(result, want) {
				t.Error("still proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Control == want.Control && f.Path == test.found && f.Object != "" }) {
				t.Errorf("no finding in %q: %v", test.found, result.Findings)
			}
		})
	}
}

// The namespace of the controller is not asked: nothing could start there without it. No other is left out.
func TestOnlyTheControllersNamespaceIsNotAsked(t *testing.T) {
	spec := loadExample(t, "../testdata/addons")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"hello": true, "signing": false} {
		text := string(set.Files()["clusters/main/manifests/namespaces/"+name+"/guard/namespace.yaml"])
		if got := strings.Contains(text, `policy.sigstore.dev/include: "true"`); got != want || text == "" {
			t.Errorf("%s: labelled %v, want %v", name, got, want)
		}
	}
}
