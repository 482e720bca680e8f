package threatmodel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
)

// asp is the meaning of a graph for one attacker as an answer-set program, written from the definitions of the
// documentation and from nothing of the engine but the graph: causes may happen, what they bring down is down, and what
// follows is held. An answer set is one choice of causes with one asset that is held after it.
type asp struct {
	text   strings.Builder
	causes []string // by number
	number map[string]int
}

func newASP(g *Graph, posture model.Posture, p *Profile) *asp {
	a := &asp{number: map[string]int{}}
	position, hold, atom := map[*Position]int{}, map[model.Hold]int{}, map[*Atom]int{}
	for i, x := range g.Positions {
		position[x] = i
		if x.Asset != "" {
			a.say("asset(%d).", i)
		}
	}
	for _, x := range g.Atoms {
		atom[x] = a.cause(x.ID)
		if x.Class == Vulnerability || x.Class == Theft && (x.Routine || !p.OneTheft) {
			a.say("may(%d).", atom[x])
		}
	}
	for i, h := range g.holds {
		hold[h] = i
		switch e := posture[h]; e.State {
		case model.Proved, model.Default:
			files := e.Files()
			if files == nil {
				files = []string{fmt.Sprintf("%s@%s", h.Control, h.Subject)}
			}
			for _, file := range files {
				a.say("may(%d). down(%d) :- happens(%d).", a.cause("F:"+file), i, a.cause("F:"+file))
			}
		default: // a statement that is not trusted, or nothing at all
			a.say("down(%d).", i)
		}
	}
	for _, x := range p.Start {
		a.say("held(%d).", position[x])
	}
	for _, e := range g.Edges {
		body := make([]string, 0, 8)
		for _, x := range e.Premises {
			body = append(body, fmt.Sprintf("held(%d)", position[x]))
		}
		for _, h := range e.Blockers {
			body = append(body, fmt.Sprintf("down(%d)", hold[h]))
		}
		if e.Atom != nil {
			body = append(body, fmt.Sprintf("happens(%d)", atom[e.Atom]))
		}
		head := "held(%d) :- %s."
		to := 0
		if e.To != nil {
			to = position[e.To]
		} else {
			head, to = "down(%d) :- %s.", hold[*e.Undoes]
		}
		a.say(head, to, strings.Join(body, ", "))
	}
	a.say("1 { target(T) : asset(T) } 1. :- target(T), not held(T).")
	a.say("#show happens/1. #show target/1.")
	return a
}

func (a *asp) say(format string, args ...any) { fmt.Fprintf(&a.text, format+"\n", args...) }

func (a *asp) cause(id string) int {
	n, ok := a.number[id]
	if !ok {
		n = len(a.causes)
		a.number[id] = n
		a.causes = append(a.causes, id)
	}
	return n
}

// answer is an asset and the causes, sorted by id, after which it is held.
type answer struct {
	target int
	causes []string
}

// minimal returns every minimal choice of exactly size causes, given all smaller ones: a choice with a smaller one in it
// is not minimal, and any other is.
func (a *asp) minimal(t *testing.T, size int, smaller []answer) []answer {
	t.Helper()
	var program strings.Builder
	program.WriteString(a.text.String())
	fmt.Fprintf(&program, "%d { happens(C) : may(C) } %d.\n", size, size)
	for _, x := range smaller {
		fmt.Fprintf(&program, ":- target(%d)", x.target)
		for _, c := range x.causes {
			fmt.Fprintf(&program, ", happens(%d)", a.number[c])
		}
		program.WriteString(".\n")
	}
	ground := exec.Command("gringo")
	ground.Stdin = strings.NewReader(program.String())
	text, err := ground.Output()
	if err != nil {
		t.Fatalf("gringo: %v", err)
	}
	solve := exec.Command("clasp", "0", "--outf=2")
	solve.Stdin = bytes.NewReader(text)
	out, err := solve.Output()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode()&^30 != 0) {
		t.Fatalf("clasp: %v", err) // 10, 20 and 30 say whether there are answer sets
	}
	var result struct {
		Call []struct{ Witnesses []struct{ Value []string } }
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("clasp: %v", err)
	}
	var answers []answer
	for _, c := range result.Call {
		for _, w := range c.Witnesses {
			var x answer
			for _, value := range w.Value {
				var n int
				if _, err := fmt.Sscanf(value, "target(%d)", &n); err == nil {
					x.target = n
				} else if _, err := fmt.Sscanf(value, "happens(%d)", &n); err == nil {
					x.causes = append(x.causes, a.causes[n])
				} else {
					t.Fatalf("clasp shows %q", value)
				}
			}
			slices.Sort(x.causes)
			answers = append(answers, x)
		}
	}
	return answers
}

// example is the graph of an example with what its generated files prove.
func example(t *testing.T, name string) (*Graph, model.Posture) {
	t.Helper()
	l := model.Load(filepath.Join("../examples", name), model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Diagnostics)
	}
	set, err := generate.Run(l.Spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	result := verify.Run(l.Spec, set.Files(), verify.All)
	return Build(l.Spec), model.NewPosture(result.Proved, l.Spec.Attestations)
}

// engine is what the engine says that the solver is asked: every asset that is open, and every minimal set of up to three
// faults for every other, searched to the end.
func engine(t *testing.T, g *Graph, posture model.Posture, p *Profile) []answer {
	t.Helper()
	a, err := g.under(posture, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := a.worlds(p)
	var all []answer
	for i, x := range g.Positions {
		if x.Asset == "" {
			continue
		}
		if w.today.holds[x.index] {
			all = append(all, answer{target: i})
			continue
		}
		sets, complete := w.today.minimalSets(x.index, w.facts, maxSetSize, 1<<40)
		if complete != maxSetSize {
			t.Fatalf("complete up to %d", complete)
		}
		for _, s := range expand(sets) {
			y := answer{target: i}
			for _, c := range s {
				y.causes = append(y.causes, w.causes[c].ID)
			}
			slices.Sort(y.causes)
			all = append(all, y)
		}
	}
	return all
}

// texts writes answers so that they can be compared: one line each, sorted.
func texts(g *Graph, answers []answer) []string {
	lines := make([]string, len(answers))
	for i, x := range answers {
		lines[i] = g.Positions[x.target].ID + ": " + strings.Join(x.causes, " + ")
	}
	slices.Sort(lines)
	return lines
}

// An answer-set solver of others agrees with the engine on every example: on what each attacker reaches today, and on every
// minimal set of one, two and three faults for every asset.
func TestAnswerSetSolverAgrees(t *testing.T) {
	for _, name := range []string{"gringo", "clasp"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed", name)
			}
			t.Skipf("%s is not installed", name)
		}
	}
	for _, name := range []string{"minimal", "online-boutique", "astronomy-shop", "platform"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, posture := example(t, name)
			var bySize [maxSetSize + 1]int
			for _, p := range g.Profiles {
				program := newASP(g, posture, p)
				var theirs []answer
				for size := range bySize {
					more := program.minimal(t, size, theirs)
					bySize[size] += len(more)
					theirs = append(theirs, more...)
				}
				if d := cmp.Diff(texts(g, engine(t, g, posture, p)), texts(g, theirs)); d != "" {
					t.Errorf("%s (-engine +solver):\n%s", p.ID, d)
				}
			}
			t.Logf("%d attackers, %d assets; minimal sets of 0, 1, 2, 3 faults: %v", len(g.Profiles), len(g.Assets()), bySize)
			if slices.Min(bySize[:]) == 0 {
				t.Errorf("too little was compared: %v", bySize)
			}
		})
	}
}
