package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bartizan-dev/bartizan/generate"
)

// The tests in this process, like the program, begin with more garbage than Go's collector leaves.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	testscript.Main(m, map[string]func(){"bartizan": main})
}

func TestScript(t *testing.T) {
	cache := t.TempDir() // shared: compiling Graphviz takes most of a second
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CACHE_HOME", cache)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":   status,
			"sametree": sameTree,
			"replace":  replace,
		},
		RequireExplicitExec: true,
	})
}

// status N COMMAND…: the command exits with exactly that status.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// sametree A B: the directories hold the same files with the same bytes and modes, lock files included.
func sameTree(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] sametree A B")
	}
	diff := cmp.Diff(readDir(ts, args[0]), readDir(ts, args[1]))
	if (diff == "") == neg {
		ts.Fatalf("%s and %s: %s", args[0], args[1], diff)
	}
}

func readDir(ts *testscript.TestScript, dir string) map[string]string {
	files := map[string]string{}
	dir = ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
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
		files[rel] = info.Mode().String() + " " + string(data)
		return err
	}))
	if len(files) == 0 {
		ts.Fatalf("%s is empty", dir)
	}
	return files
}

// replace OLD NEW FILE: a hand edit; OLD must stand in the file.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace OLD NEW FILE")
	}
	file := ts.MkAbs(args[2])
	before := ts.ReadFile(args[2])
	after := strings.ReplaceAll(before, args[0], args[1])
	if before == after {
		ts.Fatalf("%q does not stand in %s", args[0], args[2])
	}
	ts.Check(os.WriteFile(file, []byte(after), 0o644))
}

func TestStarterIsTheMinimalExample(t *testing.T) {
	const example = "../../examples/minimal"
	files, err := generate.ReadTree("starter")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(example, name))
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: run make examples: %s", name, diff)
		}
	}
}
