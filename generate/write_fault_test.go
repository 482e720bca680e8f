package generate

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A transition is one run over a tree that an earlier run has written and people have worked in.
type transition struct {
	name    string
	old     *Set              // nil: an empty directory
	people  map[string]string // what people then saved, by path
	next    *Set
	options WriteOptions
	refused bool     // without a fault too
	begin   *machine // made by start
	noSwap  bool
}

var (
	before = tree("README.md", "read", "a/same", "same", "a/x", "x1", "a/y", "y1", "a/run.sh", "run1", "a/b/c/deep", "deep", "a/b/c/deeper", "deeper", "gone/z", "z")
	after  = tree("README.md", "read", "a/same", "same", "a/x", "x2", "a/new", "new", "a/run.sh", "run2", "fresh/d/n", "n", "fresh/m", "m")
)

var transitions = []transition{
	{name: "a first tree", next: before},
	{name: "a changed tree", old: before, next: after},
	{name: "a changed tree, pruned", old: before, next: after, options: WriteOptions{Prune: true}},
	{name: "files of people beside ours", old: before, next: after, options: WriteOptions{Prune: true},
		people: map[string]string{"mine": "1", "a/mine": "2", "a/b/c/mine": "3", "gone/mine": "4"}},
	{name: "an edited file that is no longer generated", old: before, next: after, people: map[string]string{"a/y": "edit", "gone/z": "edit"}},
	{name: "an edit that is refused", old: before, next: after, people: map[string]string{"a/x": "edit"}, options: WriteOptions{Prune: true}, refused: true},
	{name: "edits overwritten with force", old: before, next: after, people: map[string]string{"a/x": "edit", "a/new": "theirs", "a/mine": "2", "gone/z": "edit"},
		options: WriteOptions{Force: true, Prune: true}},
	{name: "edits overwritten with force, the rest left", old: before, next: after, people: map[string]string{"a/x": "edit", "a/y": "edit"}, options: WriteOptions{Force: true}},
	{name: "everything pruned", old: before, next: tree("README.md", "read"), options: WriteOptions{Prune: true}},
	{name: "a file system that cannot exchange names", old: before, next: after, options: WriteOptions{Prune: true}, noSwap: true},
}

func contents(s *Set) map[string]string {
	m := map[string]string{}
	if s != nil {
		for _, a := range s.Artifacts {
			m[a.Path] = string(a.Data)
		}
	}
	return m
}

// start is the machine before the run.
func (tr *transition) start(t *testing.T) *machine {
	t.Helper()
	if tr.begin != nil {
		return tr.begin.clone()
	}
	m := newMachine()
	m.noSwap = tr.noSwap
	if tr.old != nil {
		if _, err := writeTree(tr.old, m.top(), WriteOptions{}, 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tr.people)) {
		if !m.save(name, tr.people[name], false) {
			t.Fatalf("no directory for %s", name)
		}
	}
	m.cutPower(func(int, int) bool { return true })
	tr.begin = m
	return m.clone()
}

// survives are the files of people that no run may lose: all, but those that force lets go.
func (tr *transition) survives() map[string]string {
	ours := contents(tr.next)
	if tr.options.Prune {
		maps.Copy(ours, contents(tr.old))
	}
	kept := maps.Clone(tr.people)
	maps.DeleteFunc(kept, func(name, _ string) bool {
		_, generated := ours[name]
		return tr.options.Force && generated
	})
	return kept
}

// figures count what the tests have done, for their last line.
type figures struct{ faults, trees, healed int }

func (f *figures) log(t *testing.T, what string) {
	t.Logf("torture: %s: %d faults injected, %d trees checked", what, f.faults, f.trees)
}

// judge looks at a tree after a run that was cut short, without the code that it tests: every file is whole, no work of
// people is lost, and only what is exactly a tree compares as clean.
func (tr *transition) judge(t *testing.T, at string, m *machine, people map[string]string, fig *figures) {
	t.Helper()
	fig.trees++
	files := m.files()
	was, will := contents(tr.old), contents(tr.next)
	for name, data := range files {
		whose := path.Base(name)
		if whose == LockName || strings.HasPrefix(whose, ".bartizan-tmp-") {
			continue
		}
		if file, ok := strings.CutPrefix(whose, ".bartizan-old-"); ok {
			name = path.Join(path.Dir(name), strings.TrimSuffix(file, "~"))
		}
		if !known(data, name, was, will, tr.people, people) {
			t.Errorf("%s: %s holds %q", at, name, data)
		}
	}
	for name, data := range people {
		aside := path.Join(path.Dir(name), ".bartizan-old-"+path.Base(name)+"~")
		if files[name] != data && files[aside] != data {
			t.Errorf("%s: the work of people on %s is lost; there is %q", at, name, files[name])
		}
	}
	for which, set := range map[string]*Set{"old": tr.old, "new": tr.next} {
		if set == nil {
			continue
		}
		changes, err := compareTree(set, m.top(), WriteOptions{})
		if err != nil {
			t.Errorf("%s: %v", at, err)
		}
		if len(changes) == 0 && !exactly(files, contents(set), people, was, will) {
			t.Errorf("%s: compares as the %s tree, and is %v", at, which, slices.Sorted(maps.Keys(files)))
		}
	}
}

func known(data, name string, all ...map[string]string) bool {
	return slices.ContainsFunc(all, func(m map[string]string) bool { d, ok := m[name]; return ok && d == data })
}

// exactly reports whether of all that was ever generated the files are the wanted ones.
// What people saved under another name is theirs.
func exactly(files, want, people map[string]string, ever ...map[string]string) bool {
	for name := range files {
		if strings.Contains(name, ".bartizan-") {
			return false
		}
	}
	for _, m := range ever {
		for name := range m {
			data, there := files[name]
			wanted, ok := want[name]
			if edit, theirs := people[name]; theirs && there && !ok && data == edit {
				continue
			}
			if there != ok || data != wanted {
				return false
			}
		}
	}
	return true
}

// heal runs again without faults, which must complete the work; so must a run with a third specification, because it
// may have changed once more.
func (tr *transition) heal(t *testing.T, at string, m *machine, people map[string]string, whole map[string]string, fig *figures) {
	t.Helper()
	m.fault, m.dead = nil, false
	other := m.clone()
	fig.healed++
	if r, err := writeTree(tr.next, m.top(), tr.options, 1); err != nil {
		t.Errorf("%s: then %v", at, err)
	} else if len(r.Refused) > 0 && whole != nil && !tr.refused && !tr.forced(r) {
		t.Errorf("%s: then refused %v", at, kinds(r.Refused))
	} else if got := noLocks(m.files()); whole != nil && !tr.forced(r) && !maps.Equal(got, whole) {
		t.Errorf("%s: then %v\nwant %v", at, got, whole)
	}
	tr.judge(t, at+", then healed", m, people, fig)
	if !long && fig.healed%8 != 0 {
		return
	}
	third := tree("README.md", "third", "a/x", "x3", "a/b/other", "o", "gone/z", "z")
	r, err := writeTree(third, other.top(), tr.options, 1)
	if err != nil {
		t.Errorf("%s: then %v", at, err)
		return
	}
	fig.trees++
	theirs := map[string]string{}
	maps.Copy(theirs, people)
	maps.Copy(theirs, tr.people)
	if len(r.Refused)+len(r.Stale) == 0 && !exactly(other.files(), contents(third), theirs, contents(tr.old), contents(tr.next)) {
		t.Errorf("%s: a third specification left %v", at, other.files())
	}
}

// forced reports whether all that is refused is an edit that force was about to overwrite when the run was killed.
func (tr *transition) forced(r *Report) bool {
	return len(r.Refused) > 0 && !slices.ContainsFunc(r.Refused, func(c Change) bool { return c.Kind != Rescued })
}

// noLocks leaves the lock files out, and nothing else.
func noLocks(files map[string]string) map[string]string {
	maps.DeleteFunc(files, func(name, _ string) bool { return path.Base(name) == LockName })
	return files
}

// long asks for every combination; without it each operation still fails, in two of the ways.
var long = os.Getenv("BARTIZAN_TORTURE") != ""

// Every operation of every transition fails, once, and is the last one before the process is killed or the power is cut.
func TestNoFaultLosesAnEditOrLeavesAMixtureThatLooksClean(t *testing.T) {
	errs := []error{syscall.EIO, syscall.ENOSPC, syscall.EROFS, syscall.EACCES}
	var fig figures
	for i := range transitions {
		tr := &transitions[i]
		whole, steps := tr.undisturbed(t, &fig)
		for n := 1; n <= steps; n++ {
			faults := []fault{{kill: true}, {err: errs[n%len(errs)], done: n%5 == 0}}
			if long {
				faults = []fault{{kill: true}, {err: syscall.EIO, done: true}}
				for _, err := range errs {
					faults = append(faults, fault{err: err})
				}
			}
			for _, f := range faults {
				tr.run(t, n, f, whole, &fig)
			}
			if t.Failed() {
				return // one broken operation tells more than a thousand
			}
		}
	}
	fig.log(t, "each operation fails once")
}

// undisturbed is what the transition does when nothing fails, and in how many steps.
func (tr *transition) undisturbed(t *testing.T, fig *figures) (whole map[string]string, steps int) {
	m := tr.start(t)
	r, err := writeTree(tr.next, m.top(), tr.options, 1)
	if err != nil {
		t.Fatal(err)
	}
	steps = m.steps
	tr.judge(t, tr.name, m, tr.survives(), fig)
	if (len(r.Refused) > 0) != tr.refused {
		t.Errorf("%s: refused %v", tr.name, kinds(r.Refused))
	}
	if c, err := compareTree(tr.next, m.top(), WriteOptions{}); err != nil || len(c) > len(r.Stale) && !tr.refused {
		t.Errorf("%s: differs: %v, %v", tr.name, c, err)
	}
	want := contents(tr.next)
	if len(r.Refused) > 0 {
		want = contents(tr.old)
	}
	for _, c := range r.Stale {
		want[c.Path] = contents(tr.old)[c.Path]
	}
	maps.Copy(want, tr.survives())
	whole = noLocks(m.files())
	if !maps.Equal(whole, want) {
		t.Errorf("%s: %v\nwant %v", tr.name, whole, want)
	}
	return whole, steps
}

// run lets the n-th operation fail, judges and heals.
func (tr *transition) run(t *testing.T, n int, f fault, whole map[string]string, fig *figures) {
	t.Helper()
	m := tr.start(t)
	m.steps = 0
	m.fault = func(step int, _ string) fault {
		if step == n {
			return f
		}
		return fault{}
	}
	_, err := writeTree(tr.next, m.top(), tr.options, 1)
	fig.faults++
	at := fmt.Sprintf("%s: step %d, %s %s: %v", tr.name, n, m.lastOp, m.lastName, f.err)
	m.fault = nil
	if !f.kill {
		if err == nil {
			if c, err := compareTree(tr.next, m.top(), WriteOptions{}); err != nil || len(c) > 0 && !tr.leaves() {
				t.Errorf("%s: ended well, and differs: %v, %v", at, c, err)
			}
		}
		tr.judge(t, at, m, tr.survives(), fig)
		tr.heal(t, at, m, tr.survives(), whole, fig)
		return
	}
	m.dead = false
	for name, keep := range cuts(uint64(n), someCuts(n)...) {
		c := m.clone()
		at := at + ", " + name
		if name != "nothing lost" {
			c.cutPower(keep)
		}
		tr.judge(t, at, c, tr.survives(), fig)
		tr.heal(t, at, c, tr.survives(), whole, fig)
	}
}

// leaves reports whether even a run without faults leaves a difference: something stale or refused.
func (tr *transition) leaves() bool { return !tr.options.Prune || len(tr.people) > 0 }

// someCuts are the ways to cut the power that are tried at a step: one, and all if the test may be long.
func someCuts(n int) []string {
	if long {
		return nil
	}
	return []string{"nothing lost", []string{"all lost", "some kept", "last lost", "prefix kept", "first lost"}[n%5]}
}

// Somebody saves a file just before an operation of a run, and the run goes on, or is killed some operations later.
func TestNoEditDuringARunIsLost(t *testing.T) {
	var fig figures
	tr := transition{old: tree("a/x", "x1", "a/y", "y1"), next: tree("a/x", "x2", "a/new", "new"), options: WriteOptions{Prune: true}}
	files, kills := []string{"a/x", "a/y", "a/new"}, []int{0, 1, 2, 3, 4, 5} // operations from the edit to the kill; 0: none
	if long {
		tr = transitions[2]
		files = []string{"a/x", "a/y", "a/new", "a/same", "a/b/c/deep", "fresh/m", "README.md"}
		kills = append(kills, 6, 7, 8, 9, 10, 11, 12, 20, 30, 50)
	}
	_, steps := tr.undisturbed(t, &fig)
	for _, file := range files {
		for _, inPlace := range []bool{false, true} {
			for n := 1; n <= steps+1; n++ {
				for _, kill := range kills {
					tr.edit(t, file, inPlace, n, kill, &fig)
				}
				if t.Failed() {
					return
				}
			}
		}
	}
	fig.log(t, "an edit during the run")
}

func (tr *transition) edit(t *testing.T, file string, inPlace bool, n, kill int, fig *figures) {
	t.Helper()
	m := tr.start(t)
	m.steps = 0
	saved := false
	m.fault = func(step int, _ string) fault {
		switch {
		case step == n:
			return fault{first: func() { saved = m.save(file, "an edit", inPlace) }}
		case kill > 0 && step == n+kill:
			return fault{kill: true}
		}
		return fault{}
	}
	r, err := writeTree(tr.next, m.top(), tr.options, 1)
	fig.faults++
	if !saved {
		return
	}
	people := map[string]string{file: "an edit"}
	at := fmt.Sprintf("%s saved before step %d, killed after %d, at %s %s: %v", file, n, kill, m.lastOp, m.lastName, err)
	m.fault, m.dead = nil, false
	if err == nil && len(r.Refused) == 0 && sha256.Sum256([]byte(m.files()[file])) != sha256.Sum256([]byte("an edit")) {
		t.Errorf("%s: the run ended well over the edit", at)
	}
	for name, keep := range cuts(uint64(n+kill), someCuts(n+kill)...) {
		c := m.clone()
		if name != "nothing lost" {
			if kill == 0 {
				continue
			}
			c.cutPower(keep)
		}
		tr.judge(t, at+", "+name, c, people, fig)
		tr.heal(t, at+", "+name, c, people, nil, fig)
	}
}
