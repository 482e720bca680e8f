package render

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// proved reads an example and what is known of its controls: those that its files prove count, and what is attested.
func proved(t *testing.T, dir string) (*model.Spec, model.Posture) {
	t.Helper()
	l := model.Load(dir, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	set, err := generate.Run(l.Spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	return l.Spec, model.NewPosture(verify.Run(l.Spec, set.Files(), verify.All).Proved, l.Spec.Attestations)
}

// reports are those of examples that tests have asked for, by directory. No output changes its report.
var reports = map[string]*threatmodel.Report{}

// report returns the report of an example, which is made once.
func report(t *testing.T, dir string) *threatmodel.Report {
	t.Helper()
	if reports[dir] == nil {
		reports[dir] = analyse(t, dir)
	}
	return reports[dir]
}

// analyse judges an example as the commands do.
func analyse(t *testing.T, dir string) *threatmodel.Report {
	t.Helper()
	spec, posture := proved(t, dir)
	r, err := threatmodel.Build(spec).Analyse(posture, threatmodel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDrawingsOfExamplesAreReadable(t *testing.T) {
	for _, dir := range []string{"../../examples/online-boutique", "../../examples/minimal", "../../model/testdata/sketch"} {
		r := report(t, dir)
		d, err := FittedOverview(dir, r)
		if err != nil {
			t.Fatal(err)
		}
		m := checkReadable(t, d)
		if len(m.boxes) == 0 {
			t.Errorf("%s: nothing drawn", dir)
		}
		positions := 0
		for _, b := range d.boxes() {
			if !strings.HasPrefix(b.ID, "step ") {
				positions++
			}
		}
		if positions > maxOverviewBoxes {
			t.Errorf("%s: overview has %d positions, want at most %d", dir, positions, maxOverviewBoxes)
		}
		for _, e := range r.Entries {
			for _, a := range e.Assets {
				for _, p := range a.Paths[:min(1, len(a.Paths))] {
					if n := len(p.Steps); n > 12 {
						t.Errorf("%s: %s to %s takes %d steps, more than a story holds", dir, e.Profile.ID, a.Asset, n)
					}
					if e.Profile.ID == "internet" { // one attacker's stories are enough to lay out
						checkReadable(t, Story(r, e, a, p))
					}
				}
			}
		}
	}
}

// A blocked step of a drawing names its control and the file, and a control that no file proves is never drawn as a
// blocker.
func TestBlockedStepsNameControlAndFile(t *testing.T) {
	r := report(t, "../../examples/online-boutique")
	blocked := 0
	for _, b := range Overview("boutique", r).boxes() {
		if b.Mark != MarkBlocked {
			continue
		}
		blocked++
		text := strings.Join(b.Lines, "\n")
		if !strings.Contains(text, "blocked by ") || !strings.Contains(text, "/") {
			t.Errorf("step %q names no control and file: %q", b.Title, text)
		}
	}
	if blocked == 0 {
		t.Error("no blocked step is drawn")
	}
}

// The outputs of two analyses are the same, also where one of the reports was drawn before.
func TestOutputsAreDeterministic(t *testing.T) {
	write := func(r *threatmodel.Report) []byte {
		var b bytes.Buffer
		for _, err := range []error{
			DOT(&b, Overview("x", r)), Mermaid(&b, Overview("x", r)), SVG(&b, Overview("x", r)), Markdown(&b, "x", r), Text(&b, r), JSON(&b, r),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	const dir = "../../examples/online-boutique"
	if a, b := write(report(t, dir)), write(analyse(t, dir)); !bytes.Equal(a, b) {
		t.Error("two runs differ")
	}
}

// A path that is open names what would close it, or says why nothing does: no open path is left without a word.
func TestOpenPathsSayWhatWouldCloseThem(t *testing.T) {
	paths := 0
	for _, dir := range []string{"../../examples/online-boutique", "../../examples/minimal", "../../model/testdata/sketch"} {
		for _, e := range report(t, dir).Entries {
			for _, a := range e.Assets {
				if a.Verdict != threatmodel.OpenToday && a.Verdict != threatmodel.NeedsFaults {
					continue
				}
				for _, p := range a.Paths {
					if !p.Unblocked() {
						continue // its steps name the controls that block them
					}
					paths++
					why := len(p.Gaps) > 0
					for _, s := range p.Steps {
						why = why || s.Remains != ""
					}
					if !why {
						t.Errorf("%s: %s to %s, effort %d: neither a missing control nor a reason", dir, e.Profile.ID, a.Asset, p.Effort)
					}
					for _, g := range p.Gaps {
						if g.State == "proved" || g.State == "default" {
							t.Errorf("%s: %s to %s: %s of %s is called missing and is %s", dir, e.Profile.ID, a.Asset, g.ID, g.Subject, g.State)
						}
					}
				}
			}
		}
	}
	if paths == 0 {
		t.Error("no open path was judged")
	}
}
