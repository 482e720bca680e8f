// Package examples_test holds the output of the examples to what the specifications say today.
package examples_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write the committed output of the examples anew")

// today is the date at which the examples are judged. It is in none of the files.
const today = "2026-11-21"

// examples are the directories with their output in out. Their images have no digest, except where a public source
// states it: an invented one would be worse than none.
var examples = []string{"astronomy-shop", "minimal", "online-boutique", "platform"}

// The output is compared as a set: missing and extra files fail.
func TestCommittedOutputIsWhatTheSpecificationSays(t *testing.T) {
	bartizan := build(t)
	for _, name := range examples {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(name, "out")
			if *update {
				run(t, bartizan, "generate", name, "-o", out, "--today", today, "--unresolved-images", "--prune", "--force")
				run(t, bartizan, "threatmodel", name, "-o", filepath.Join(out, "threatmodel"), "--today", today, "--force")
			}
			fresh := t.TempDir()
			run(t, bartizan, "generate", name, "-o", fresh, "--today", today, "--unresolved-images")
			run(t, bartizan, "threatmodel", name, "-o", filepath.Join(fresh, "threatmodel"), "--today", today)
			compare(t, out, fresh)
			run(t, bartizan, "verify", out, "--spec", name, "--today", today)
		})
	}
}

// Every directory of a specification stands in the list, so that none goes untested.
func TestEveryExampleIsListed(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != estate && !slices.Contains(examples, e.Name()) {
			t.Errorf("examples/%s is not in the list", e.Name())
		}
	}
}

// binary is the program, built once for all tests; linking what debuggers read takes half as long again.
var binary = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(scratch, "bartizan")
	out, err := exec.Command("go", "build", "-ldflags=-w", "-o", bin, "../cmd/bartizan").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return bin, nil
})

var scratch string

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // many trees are made and dropped
	flag.Parse()
	dir, err := os.MkdirTemp("", "bartizan-examples-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

func build(t *testing.T) string {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("bartizan %v: %v\n%s", args, err, out)
	}
}

// compare reports every file that is missing, extra or different, and the first lines that differ.
func compare(t *testing.T, committed, fresh string) {
	t.Helper()
	want, got := read(t, fresh), read(t, committed)
	for path, data := range want {
		switch old, ok := got[path]; {
		case !ok:
			t.Errorf("%s is missing: run make examples", filepath.Join(committed, path))
		case !bytes.Equal(old, data):
			t.Errorf("%s differs: run make examples\n%s", filepath.Join(committed, path), firstDifference(string(old), string(data)))
		}
	}
	for path := range got {
		if _, ok := want[path]; !ok {
			t.Errorf("%s is no longer generated: run make examples", filepath.Join(committed, path))
		}
	}
}

// firstDifference is the first line that differs. A whole diff of a large drawing takes minutes.
func firstDifference(old, now string) string {
	was, is := strings.Split(old, "\n"), strings.Split(now, "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			return fmt.Sprintf("line %d: -%.500s\nline %d: +%.500s", i+1, was[i], i+1, is[i])
		}
	}
	return fmt.Sprintf("%d lines, then %d", len(was), len(is))
}

func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if info.Mode()&0o100 != 0 {
			rel += " (executable)"
		}
		files[rel] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
