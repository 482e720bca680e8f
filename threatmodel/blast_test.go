package threatmodel

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

// What is said to fall with a position is what an analysis finds that assumes its breach, for every position of every
// specimen, hardened and with some controls down.
func TestBlastRadiusAgreesWithAssumedBreaches(t *testing.T) {
	positions, falls, after := 0, 0, 0
	for i, f := range specimens() {
		g := Build(f.spec)
		posture := f.proved([][]string{nil, {"secrets-encrypted", "default-deny"}, {"etcd-own-ca"}, {"pod-security-enforced"}, {"egress-exact"}}[i]...)
		o := Options{TrustAttested: i%2 == 1}
		all, err := g.BlastRadius(posture, o)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]*Blast{}
		for n, x := range all {
			if n > 0 && all[n-1].Damage.Now < x.Damage.Now {
				t.Errorf("%s stands before %s, which does more damage", all[n-1].Positions[0].ID, x.Positions[0].ID)
			}
			for _, p := range x.Positions {
				if told[p.ID] != nil {
					t.Errorf("%s stands in two rows", p.ID)
				}
				told[p.ID] = x
			}
		}
		for _, p := range g.Positions {
			x := told[p.ID]
			if x == nil {
				if slices.Contains(blastKinds, p.Kind) {
					t.Errorf("%s is missing", p.ID)
				}
				continue
			}
			o.AssumeBreach, o.Faults, o.Paths, o.Frontier = []string{p.ID}, 1, 1, 1
			r, err := g.Analyse(posture, o)
			if err != nil {
				t.Fatal(err)
			}
			var want [2][]string
			for _, a := range r.Entries[0].Assets {
				switch {
				case a.Tolerance.Answer == AnswerOpen:
					want[0] = append(want[0], a.Asset)
				case a.Tolerance.Answer == AnswerExact && a.Tolerance.Faults == 1:
					want[1] = append(want[1], a.Asset)
				}
			}
			for n, list := range [][]Named{x.Falls, x.AfterOne} {
				var got []string
				for _, asset := range list {
					got = append(got, asset.ID)
				}
				slices.Sort(got)
				slices.Sort(want[n])
				if d := gocmp.Diff(want[n], got); d != "" {
					t.Errorf("%s, after %d faults: %s", p.ID, n, d)
				}
			}
			positions, falls, after = positions+1, falls+len(x.Falls), after+len(x.AfterOne)
		}
	}
	if positions < 200 || falls < 150 || after < 200 {
		t.Errorf("only %d positions, %d assets that fall and %d that fall after one fault were compared", positions, falls, after)
	}
}

// Workloads from which the same falls are one row.
func TestBlastRadiusMergesEqualPositions(t *testing.T) {
	f := large(40)
	all, err := Build(f.spec).BlastRadius(f.proved(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, x := range all {
		if x.Kind == KindWorkload {
			most = max(most, len(x.Positions))
		}
	}
	if most < 30 {
		t.Errorf("the largest row of workloads has %d positions", most)
	}
	_, err = Build(f.spec).BlastRadius(model.Posture{}, Options{To: []string{"asset.nothing"}})
	if err == nil {
		t.Error("an unknown asset is accepted")
	}
}
