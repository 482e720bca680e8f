package verify

import (
	"maps"
	"slices"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// Every control that the example claims is proved, and no longer once the files that prove it are gone: no proof comes
// from the specification alone, and none is lost in silence.
func TestEveryProofNeedsItsFile(t *testing.T) {
	spec := loadExample(t, "../../examples/online-boutique")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	files := set.Files()
	claims := map[model.ControlID]model.Claim{}
	for _, c := range set.Claims {
		if _, ok := claims[c.Control]; !ok {
			claims[c.Control] = c
		}
	}
	if len(claims) < 80 {
		t.Fatalf("the example claims %d controls: too few to be a test", len(claims))
	}
	for id, claim := range claims {
		t.Run(string(id), func(t *testing.T) {
			t.Parallel()
			var checks []*Check
			for _, c := range All {
				if slices.Contains(c.Controls, id) {
					checks = append(checks, c)
				}
			}
			// Another file may prove the same: the files are taken away until nothing proves it.
			left, gone := maps.Clone(files), 0
			for {
				r := Run(spec, left, checks)
				var proofs []string
				for _, c := range r.Proved {
					if c.Control == id && c.Subject == claim.Subject {
						proofs = append(proofs, c.Path)
					}
				}
				if len(proofs) == 0 {
					if gone == 0 {
						t.Errorf("%s of %s is not proved in the whole tree", id, claim.Subject)
					}
					if len(r.Findings) == 0 && len(Run(spec, left, All).Findings) == 0 {
						t.Errorf("%s is gone, and nobody says so", claim.Path)
					}
					return
				}
				for _, proof := range proofs {
					if left[proof] == nil {
						t.Fatalf("%s of %s is proved by %s, which does not exist", id, claim.Subject, proof)
					}
					delete(left, proof)
					gone++
				}
			}
		})
	}
}
