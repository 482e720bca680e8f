package verify

import (
	"os"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// The shapes are the ways in which a control plane can be set up; each is a specification of its own. Whatever their
// files claim is proved, and nothing is found.
func TestShapesOfControlPlanesAreProved(t *testing.T) {
	const dir = "../testdata/shapes"
	shapes, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shapes {
		t.Run(s.Name(), func(t *testing.T) {
			spec := loadExample(t, dir+"/"+s.Name())
			set, err := generate.Run(spec, generate.All)
			if err != nil {
				t.Fatal(err)
			}
			result := Run(spec, set.Files(), All)
			for _, f := range result.Findings {
				t.Errorf("finding: %+v", f)
			}
			for _, c := range result.Unproved(set.Claims) {
				t.Errorf("claimed, not proved: %+v", c)
			}
			for _, control := range etcdControls {
				if !holds(result, model.Hold{Control: control, Subject: spec.Clusters[0].Addr()}) {
					t.Errorf("%s is not proved", control)
				}
			}
		})
	}
}
