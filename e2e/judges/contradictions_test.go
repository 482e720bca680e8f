package judges

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAContradictionExplainsAsMuchAsItSays(t *testing.T) {
	report := func(objects ...string) *Report {
		r := newReport()
		for _, o := range objects {
			r.verdict(o, "replicas", false, "too few")
		}
		r.verdict("Deployment/shop/big", "replicas", true, "")
		return r
	}
	tests := []struct {
		name, entry string
		objects     []string
		left        int
		wrong       bool
	}{
		{"exactly", "score replicas mini:Deployment/shop/* 2 caches", []string{"Deployment/shop/a", "Deployment/shop/b"}, 0, false},
		{"said twice of one", "score replicas mini:Deployment/shop/* 1 caches", []string{"Deployment/shop/a", "Deployment/shop/a"}, 0, false},
		{"more than it says", "score replicas mini:Deployment/shop/* 1 caches", []string{"Deployment/shop/a", "Deployment/shop/b"}, 0, true},
		{"fewer than it says", "score replicas mini:Deployment/shop/* 2 caches", []string{"Deployment/shop/a"}, 0, true},
		{"not all that fit", "score replicas mini:Deployment/shop/* all caches", []string{"Deployment/shop/a"}, 0, true},
		{"all that fit", "score replicas mini:Deployment/db/* all caches", []string{"Deployment/db/a"}, 0, false},
		{"nothing", "score replicas mini:Deployment/db/* 1 caches", nil, 0, true},
		{"another check", "score probes mini:Deployment/shop/* 1 caches", []string{"Deployment/shop/a"}, 1, true},
		{"another judge", "sec replicas mini:Deployment/shop/* 1 caches", []string{"Deployment/shop/a"}, 1, false},
		{"another example", "score replicas maxi:Deployment/shop/* 1 caches", []string{"Deployment/shop/a"}, 1, true},
		{"another namespace", "score replicas mini:Deployment/s*p 1 caches", []string{"Deployment/s/p"}, 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entries, err := ParseContradictions([]byte("# a comment\n\n" + test.entry + "\n"))
			if err != nil || len(entries) != 1 {
				t.Fatal(entries, err)
			}
			l := NewLedger(entries)
			if left := l.Unexplained("score", "mini", report(test.objects...)); len(left) != test.left {
				t.Errorf("left unexplained: %v", left)
			}
			if wrong := l.Wrong("score"); (wrong != nil) != test.wrong {
				t.Errorf("wrong: %v", wrong)
			}
		})
	}
}

func TestWhatIsNoContradictionIsRefused(t *testing.T) {
	for _, line := range []string{
		"score replicas mini:Deployment/shop/a 1",
		"score replicas Deployment/shop/a 1 caches",
		"score replicas mini:Deployment/[ 1 caches",
		"score replicas mini:Deployment/shop/a 0 caches",
		"score replicas mini:Deployment/shop/a some caches",
	} {
		if got, err := ParseContradictions([]byte(line)); err == nil {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestDocumentsAreRead(t *testing.T) {
	objects, err := Parse([]byte("# A comment.\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata:\n  x: |\n    a\n    ---\n    b\n---\n" +
		"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, o := range objects {
		ids = append(ids, o.ID())
	}
	if diff := cmp.Diff([]string{"ConfigMap/shop/a", "Namespace/shop"}, ids); diff != "" {
		t.Error(diff)
	}
	if _, err := Parse([]byte("kind: ConfigMap\n")); err == nil {
		t.Error("a document without a name is an object")
	}
}
