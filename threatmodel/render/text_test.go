package render

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

var (
	attackerLine = regexp.MustCompile(`(?m)^  ([a-z][^ ]*) +[A-Z]`)
	bracketed    = regexp.MustCompile(`(?m) \[([^ \]]+)\](?: –.*)?$`)
	heldControl  = regexp.MustCompile(`([a-z0-9-]+)@([a-z_]+\.[^\s,]+)`)
	traceLine    = regexp.MustCompile(`(?m)^ +trace .*$`) // names faults, which are like controls
)

// The ids that the text report prints are those that the analysis takes: each attacker, each asset, each control with its
// subject.
func TestTextNamesTheIdsThatQuestionsTake(t *testing.T) {
	spec, posture := proved(t, "../../examples/online-boutique")
	graph := threatmodel.Build(spec)
	r, err := graph.Analyse(posture, threatmodel.Options{Faults: 1})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Text(&b, r); err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(b.String(), "\nAssets, with the ids that --to takes:\n")
	if !ok {
		t.Fatalf("no list of assets:\n%s", b.String())
	}
	_, head, _ = strings.Cut(head, "Attackers, with the ids that --from takes:\n")
	if n := len(attackerLine.FindAllString(head, -1)); n != len(r.Entries) {
		t.Errorf("%d attackers have ids, want %d:\n%s", n, len(r.Entries), head)
	}
	o := threatmodel.Options{Faults: 1, Paths: 1, Frontier: 1}
	for _, m := range attackerLine.FindAllStringSubmatch(head, -1) {
		o.From = append(o.From, m[1])
	}
	places := map[string]bool{}
	for _, m := range bracketed.FindAllStringSubmatch(rest, -1) {
		places[m[1]] = true
	}
	for _, asset := range r.Assets {
		if !places[asset] {
			t.Errorf("the asset %s stands without its id", asset)
		}
	}
	for place := range places {
		o.To = append(o.To, place)
		o.AssumeBreach = append(o.AssumeBreach, place)
	}
	known := map[model.Hold]bool{}
	for h := range posture {
		known[h] = true
	}
	held := heldControl.FindAllStringSubmatch(traceLine.ReplaceAllString(rest, ""), -1)
	if len(held) == 0 {
		t.Error("no control stands with its subject")
	}
	for _, m := range held {
		h := model.Hold{Control: model.ControlID(m[1]), Subject: model.Address(m[2])}
		if !known[h] {
			t.Errorf("%s@%s is no control of the specification", m[1], m[2])
		}
	}
	if _, err := graph.Analyse(posture, o); err != nil {
		t.Errorf("an id that is printed is not taken: %v", err)
	}
}
