package verify

import (
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

func loadExample(t testing.TB, path string) *model.Spec {
	t.Helper()
	l := model.Load(path, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	return l.Spec
}

// Every manifest of the examples decodes strictly, and every claim about it is proved; pods pass the restricted level
// but for those that an exception covers.
func TestManifestsOfExamplesAreProved(t *testing.T) {
	for _, path := range []string{"../../examples/online-boutique", "../../model/testdata/sketch"} {
		t.Run(path, func(t *testing.T) {
			spec := loadExample(t, path)
			set, err := generate.Run(spec, generate.All)
			if err != nil {
				t.Fatal(err)
			}
			result := Run(spec, set.Files(), ownChecks)
			for _, f := range result.Findings {
				t.Errorf("finding: %+v", f)
			}
			ours := map[model.ControlID]bool{}
			for _, c := range ownChecks {
				for _, id := range c.Controls {
					ours[id] = true
				}
			}
			for _, c := range result.Unproved(set.Claims) {
				if ours[c.Control] {
					t.Errorf("claimed, not proved: %+v", c)
				}
			}
			for _, c := range spec.Clusters {
				for _, w := range c.Workloads() {
					if !w.Host.Any() && w.Namespace.PodSecurity == model.Restricted && !holds(result, model.Hold{Control: model.PodRestricted, Subject: w.Addr()}) {
						t.Errorf("%s does not pass the restricted level", w.Addr())
					}
				}
			}
		})
	}
}
