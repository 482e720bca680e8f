package main

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// Two specifications whose trees share little: the second has its own name for the namespace, so that going from one to
// the other adds, changes and removes.
type twoTrees struct {
	specs [2]string // directories
	sets  [2]*generate.Set
	files [2]map[string]string // what the sets hold, by path
	out   string
}

// notes are files of people, which stand beside the generated ones.
var notes = map[string]string{"NOTES.md": "mine", "clusters/main/manifests/namespaces/hello/mine.txt": "mine too"}

func newTwoTrees(t *testing.T, out string) *twoTrees {
	t.Helper()
	starter, err := os.ReadFile("starter/main.bartizan.hcl")
	if err != nil {
		t.Fatal(err)
	}
	w := &twoTrees{out: out}
	for i, text := range []string{string(starter), strings.ReplaceAll(string(starter), "hello", "greeting")} {
		w.specs[i] = t.TempDir()
		if err := os.WriteFile(filepath.Join(w.specs[i], "main.bartizan.hcl"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		loaded := model.Load(w.specs[i], model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
		if loaded.HasErrors() {
			t.Fatal(loaded.WriteText(os.Stderr, false, 100))
		}
		tree, err := newTree(loaded.Spec)
		if err != nil {
			t.Fatal(err)
		}
		w.sets[i], w.files[i] = tree.set, map[string]string{}
		for _, a := range tree.set.Artifacts {
			w.files[i][a.Path] = string(a.Data)
		}
	}
	return w
}

// command is the real program, about to write one of the trees, and what it will say.
func (w *twoTrees) command(which int, more ...string) (*exec.Cmd, *bytes.Buffer) {
	var said bytes.Buffer
	cmd := exec.Command("bartizan", append([]string{"generate", w.specs[which], "-o", w.out, "--unresolved-images", "--today", "2026-11-21"}, more...)...)
	cmd.Stdout, cmd.Stderr = &said, &said
	return cmd, &said
}

// written writes one of the trees, here.
func (w *twoTrees) written(t *testing.T, which int) {
	t.Helper()
	r, err := generate.Write(w.sets[which], w.out, generate.WriteOptions{Prune: true})
	if err != nil || len(r.Refused) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
}

// snapshot reads the directory without any code of ours.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a run is at work
		}
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		rel, _ := filepath.Rel(dir, p)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// holds reports whether of all that is ever generated the files are exactly one of the trees.
func (w *twoTrees) holds(files map[string]string, which int) bool {
	for _, ever := range w.files {
		for name := range ever {
			data, there := files[name]
			want, wanted := w.files[which][name]
			if there != wanted || data != want {
				return false
			}
		}
	}
	return true
}

// judge fails the test unless every file is whole, people's files are there, and what compares as clean is exactly
// that tree. It returns whether the tree is the first, the second, or neither and seen to be so.
func (w *twoTrees) judge(t *testing.T, at string) string {
	t.Helper()
	files := snapshot(t, w.out)
	for name, data := range files {
		base := filepath.Base(name)
		if base == generate.LockName || strings.HasPrefix(base, ".bartizan-tmp-") || strings.HasPrefix(base, ".bartizan-old-") {
			continue
		}
		if data != w.files[0][name] && data != w.files[1][name] && data != notes[name] {
			t.Errorf("%s: %s is neither old nor new: %d bytes", at, name, len(data))
		}
	}
	for name, data := range notes {
		if _, err := os.Stat(filepath.Join(w.out, "NOTES.md")); err == nil && files[name] != data {
			t.Errorf("%s: %s is lost", at, name)
		}
	}
	state := "broken"
	for i, set := range w.sets {
		changes, err := generate.Compare(set, w.out, generate.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) > 0 {
			continue
		}
		state = []string{"first", "second"}[i]
		if !w.holds(files, i) {
			t.Errorf("%s: compares as the %s tree, and is another", at, state)
		}
	}
	return state
}

// busy reports whether a run is writing to the directory.
func busy(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// killed starts a run and kills it so long after it has begun to write. It reports whether it came in time.
func killed(t *testing.T, cmd *exec.Cmd, dir string, after time.Duration) (inTime bool, wrote time.Duration) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for !busy(dir) {
		select {
		case <-ended:
			return false, 0
		case <-time.After(50 * time.Microsecond):
		}
	}
	begun := time.Now()
	select {
	case <-ended:
		return false, time.Since(begun)
	case <-time.After(after):
	}
	_ = cmd.Process.Kill()
	var exit *exec.ExitError
	err := <-ended
	return errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled(), time.Since(begun)
}

// The real program is killed at random moments while it writes, again and again over what the last kill left.
func TestAKilledRunLeavesATreeThatIsOldOrNewOrSeenToBeBroken(t *testing.T) {
	kills := 6
	if os.Getenv("BARTIZAN_TORTURE") != "" {
		kills = 200
	}
	w := newTwoTrees(t, filepath.Join(t.TempDir(), "out"))
	w.written(t, 0)
	for name, data := range notes {
		if err := os.WriteFile(filepath.Join(w.out, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd, said := w.command(1, "--prune")
	_, takes := killed(t, cmd, w.out, time.Minute)
	if state := w.judge(t, "undisturbed"); state != "second" {
		t.Fatalf("without a kill the tree is %s: %s", state, said)
	}
	r := rand.New(rand.NewPCG(4, 2026))
	states, signaled, runs := map[string]int{}, 0, 0
	for ; signaled < kills && runs < 10*kills; runs++ {
		cmd, _ := w.command(runs%2, "--prune")
		inTime, _ := killed(t, cmd, w.out, time.Duration(r.Float64()*r.Float64()*float64(takes)))
		if inTime {
			signaled++
		} else {
			takes = takes * 9 / 10 // it wrote faster than that
		}
		states[w.judge(t, "killed")]++
		if runs%3 == 2 { // otherwise the next run begins where this one was killed
			which := r.IntN(2)
			w.written(t, which)
			if !w.holds(snapshot(t, w.out), which) {
				t.Errorf("the next run did not complete the tree")
			}
		}
	}
	if signaled < kills {
		t.Errorf("of %d runs %d were killed while they wrote", runs, signaled)
	}
	t.Logf("torture: %d runs killed while they wrote, of %d: %d trees first, %d second, %d seen to be broken",
		signaled, runs, states["first"], states["second"], states["broken"])
}

// Several runs with two specifications at once: each writes the whole tree or says that it did not, and whoever compares
// meanwhile never sees a mixture as clean.
func TestRunsAtOnceWriteOneTreeAfterTheOther(t *testing.T) {
	w := newTwoTrees(t, filepath.Join(t.TempDir(), "out"))
	w.written(t, 0)
	rounds, each := 1, 3
	if os.Getenv("BARTIZAN_TORTURE") != "" {
		rounds = 10
	}
	ran, refused, compared := 0, 0, 0
	for range rounds {
		var group sync.WaitGroup
		done := make(chan struct{})
		codes := make([]int, each)
		texts := make([]*bytes.Buffer, each)
		for i := range each {
			group.Go(func() {
				cmd, said := w.command(i%2, "--prune")
				_ = cmd.Run()
				codes[i], texts[i] = cmd.ProcessState.ExitCode(), said
			})
		}
		go func() { group.Wait(); close(done) }()
		for going := true; going; {
			select {
			case <-done:
				going = false
			default:
			}
			before := snapshot(t, w.out)
			for i, set := range w.sets {
				changes, err := generate.Compare(set, w.out, generate.WriteOptions{})
				if err != nil || len(changes) > 0 {
					continue
				}
				after := snapshot(t, w.out)
				if same(before, after) { // nobody wrote meanwhile, so that this is what was compared
					compared++
					if !w.holds(after, i) {
						t.Error("a mixture compares as clean")
					}
				}
			}
		}
		for i, code := range codes {
			ran++
			if code == exitBroken && strings.Contains(texts[i].String(), "another run of bartizan is writing") {
				refused++
			} else if code != exitClean {
				t.Errorf("exit status %d: %s", code, texts[i])
			}
		}
		if state := w.judge(t, "after runs at once"); state == "broken" {
			t.Error("the tree is neither of the two")
		}
	}
	t.Logf("torture: %d runs at once, %d of them refused; %d trees compared as clean meanwhile, all of them whole", ran, refused, compared)
}

func same(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, data := range a {
		if other, ok := b[name]; !ok || other != data {
			return false
		}
	}
	return true
}

// The kernel lets no file grow beyond some kilobytes: a full disk without a disk.
func TestALimitOnTheSizeOfFilesLeavesTheTreeSeenToBeBroken(t *testing.T) {
	w := newTwoTrees(t, filepath.Join(t.TempDir(), "out"))
	w.written(t, 0)
	cmd, said := w.command(1, "--prune")
	limited := exec.Command("sh", append([]string{"-c", `ulimit -f 8; exec "$@"`, "sh"}, cmd.Args...)...)
	limited.Stdout, limited.Stderr = said, said
	_ = limited.Run()
	if code := limited.ProcessState.ExitCode(); code != exitBroken || !strings.Contains(said.String(), "file too large") {
		t.Errorf("exit status %d: %s", code, said)
	}
	if state := w.judge(t, "limited"); state != "broken" {
		t.Errorf("the tree is %s", state)
	}
	w.written(t, 1)
	if state := w.judge(t, "healed"); state != "second" {
		t.Errorf("healed, the tree is %s", state)
	}
}
