package generate

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree is a set made of path, content pairs. A path that ends in ".sh" is executable.
func tree(pairs ...string) *Set {
	s := &Set{}
	for i := 0; i < len(pairs); i += 2 {
		mode := fs.FileMode(0o644)
		if strings.HasSuffix(pairs[i], ".sh") {
			mode = 0o755
		}
		s.Artifacts = append(s.Artifacts, Artifact{Path: pairs[i], Mode: mode, Data: []byte(pairs[i+1])})
	}
	return s
}

func mustWrite(t *testing.T, s *Set, dir string, o WriteOptions) *Report {
	t.Helper()
	r, err := Write(s, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(t *testing.T, dir, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// disk is what stands in the directory, without lock files.
func disk(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == LockName {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func kinds(changes []Change) map[string]Kind {
	m := map[string]Kind{}
	for _, c := range changes {
		m[c.Path] = c.Kind
	}
	return m
}

func mustCompare(t *testing.T, s *Set, dir string) map[string]Kind {
	t.Helper()
	changes, err := Compare(s, dir, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return kinds(changes)
}

var first = tree("README.md", "read", "a/b/run.sh", "run", "a/x", "x")

func TestWriteMakesTheTreeAndASecondRunTouchesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	r := mustWrite(t, first, dir, WriteOptions{})
	if diff := cmp.Diff([]string{"README.md", "a/b/run.sh", "a/x"}, r.Written); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"README.md": "read", "a/b/run.sh": "run", "a/x": "x"}, disk(t, dir)); diff != "" {
		t.Error(diff)
	}
	if info, _ := os.Stat(filepath.Join(dir, "a/b/run.sh")); info.Mode().Perm() != 0o755 {
		t.Errorf("mode %v", info.Mode())
	}
	old := time.Now().Add(-time.Hour)
	all := []string{"README.md", "a/x", LockName, "a/" + LockName, "a/b", "a"}
	for _, name := range all {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	r = mustWrite(t, first, dir, WriteOptions{Force: true, Prune: true})
	if len(r.Written) != 0 || r.Unchanged != 3 {
		t.Errorf("second run: %+v", r)
	}
	for _, name := range all {
		if info, _ := os.Stat(filepath.Join(dir, name)); !info.ModTime().Equal(old) {
			t.Errorf("%s was touched", name)
		}
	}
	if d := mustCompare(t, first, dir); len(d) != 0 {
		t.Errorf("differs after writing: %v", d)
	}
}

func TestCompareOfAMissingDirectoryNamesEveryFile(t *testing.T) {
	want := map[string]Kind{
		LockName: Missing, "README.md": Missing, "a/" + LockName: Missing, "a/x": Missing, "a/b/" + LockName: Missing, "a/b/run.sh": Missing,
	}
	if diff := cmp.Diff(want, mustCompare(t, first, filepath.Join(t.TempDir(), "none"))); diff != "" {
		t.Error(diff)
	}
}

func TestWriteNeverLosesWhatPeopleWrote(t *testing.T) {
	tests := []struct {
		name    string
		people  map[string]string // what they put there after the first run
		next    *Set
		options WriteOptions
		refused map[string]Kind
		disk    map[string]string // nil: as people left it
	}{
		{
			name:    "an edited file stays, and nothing else is written",
			people:  map[string]string{"a/x": "mine"},
			next:    tree("README.md", "new", "a/b/run.sh", "run", "a/x", "x"),
			refused: map[string]Kind{"a/x": Edited},
		},
		{
			name:    "force overwrites an edited file",
			people:  map[string]string{"a/x": "mine"},
			next:    first,
			options: WriteOptions{Force: true},
			disk:    map[string]string{"README.md": "read", "a/b/run.sh": "run", "a/x": "x"},
		},
		{
			name:   "an edit that is what we would write is right",
			people: map[string]string{"a/x": "new"},
			next:   tree("README.md", "read", "a/b/run.sh", "run", "a/x", "new"),
		},
		{
			name:    "a foreign file in the way stays",
			people:  map[string]string{"a/y": "mine"},
			next:    tree("README.md", "read", "a/b/run.sh", "run", "a/x", "x", "a/y", "y"),
			refused: map[string]Kind{"a/y": Foreign},
		},
		{
			name:   "foreign files elsewhere are nobody's business",
			people: map[string]string{"a/y": "mine", "mine/" + "z": "mine"},
			next:   first,
		},
		{
			name:   "a stale file stays without prune",
			next:   tree("README.md", "read"),
			people: map[string]string{},
		},
		{
			name:    "prune removes stale files and empty directories",
			next:    tree("README.md", "read"),
			options: WriteOptions{Prune: true},
			disk:    map[string]string{"README.md": "read"},
		},
		{
			name:    "prune keeps foreign files beside stale ones",
			next:    tree("README.md", "read"),
			people:  map[string]string{"a/mine": "mine"},
			options: WriteOptions{Prune: true},
			disk:    map[string]string{"README.md": "read", "a/mine": "mine"},
		},
		{
			name:    "prune refuses an edited stale file",
			people:  map[string]string{"a/x": "mine"},
			next:    tree("README.md", "read"),
			options: WriteOptions{Prune: true},
			refused: map[string]Kind{"a/x": StaleEdited},
		},
		{
			name:    "prune with force removes an edited stale file",
			people:  map[string]string{"a/x": "mine"},
			next:    tree("README.md", "read"),
			options: WriteOptions{Prune: true, Force: true},
			disk:    map[string]string{"README.md": "read"},
		},
		{
			name:    "force alone removes nothing",
			people:  map[string]string{"a/x": "mine"},
			next:    tree("README.md", "read"),
			options: WriteOptions{Force: true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			mustWrite(t, first, dir, WriteOptions{})
			for name, data := range tt.people {
				put(t, dir, name, data)
			}
			want := tt.disk
			if want == nil {
				want = disk(t, dir)
			}
			r := mustWrite(t, tt.next, dir, tt.options)
			if tt.refused == nil {
				tt.refused = map[string]Kind{}
			}
			if diff := cmp.Diff(tt.refused, kinds(r.Refused)); diff != "" {
				t.Error("refused:", diff)
			}
			if diff := cmp.Diff(want, disk(t, dir)); diff != "" {
				t.Error("on disk:", diff)
			}
			if len(r.Refused) == 0 && len(r.Stale) == 0 {
				if d := mustCompare(t, tt.next, dir); len(d) != 0 {
					t.Errorf("differs after writing: %v", d)
				}
			}
		})
	}
}

func TestPruneRemovesWhatAnEarlierRunLeft(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, tree("README.md", "r", "a/b/c/x", "x"), dir, WriteOptions{})
	less := tree("README.md", "r")
	if r := mustWrite(t, less, dir, WriteOptions{}); len(r.Stale) != 1 {
		t.Fatalf("stale: %+v", r.Stale)
	}
	if diff := cmp.Diff(map[string]Kind{"a/b/c/x": Stale}, mustCompare(t, less, dir)); diff != "" {
		t.Error(diff)
	}
	if r := mustWrite(t, less, dir, WriteOptions{Prune: true}); cmp.Diff([]string{"a/b/c/x"}, r.Removed) != "" {
		t.Errorf("removed: %v", r.Removed)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); !os.IsNotExist(err) {
		t.Errorf("empty directories remain: %v", err)
	}
}

func TestATreeInsideAnotherIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, tree("x", "1"), filepath.Join(dir, "env/prod"), WriteOptions{})
	mustWrite(t, tree("README.md", "r"), dir, WriteOptions{Prune: true, Force: true})
	if diff := cmp.Diff(map[string]string{"README.md": "r", "env/prod/x": "1"}, disk(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestTwoCommandsShareADirectoryByLockName(t *testing.T) {
	dir := t.TempDir()
	other := WriteOptions{Lock: ".bartizan-other.lock", Prune: true}
	mustWrite(t, tree("a/x", "1"), dir, WriteOptions{})
	mustWrite(t, tree("a/y", "2"), dir, other)
	mustWrite(t, tree("a/x", "1"), dir, WriteOptions{Prune: true})
	files, err := ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]byte{"a/x": []byte("1"), "a/y": []byte("2")}, files); diff != "" {
		t.Error(diff)
	}
}

func TestThingsInTheWayAreNeverReplaced(t *testing.T) {
	elsewhere := t.TempDir()
	put(t, elsewhere, "x", "theirs")
	tests := []struct {
		name    string
		prepare func(dir string) error
		want    map[string]Kind
	}{
		{"a link in place of a file", func(d string) error { return os.Symlink(filepath.Join(elsewhere, "x"), filepath.Join(d, "README.md")) }, map[string]Kind{"README.md": Blocked}},
		{"a link in place of a directory", func(d string) error { return os.Symlink(elsewhere, filepath.Join(d, "a")) }, map[string]Kind{"a": Blocked}},
		{"a file in place of a directory", func(d string) error { return os.WriteFile(filepath.Join(d, "a"), nil, 0o644) }, map[string]Kind{"a": Blocked}},
		{"a directory in place of a file", func(d string) error { return os.MkdirAll(filepath.Join(d, "a/x"), 0o755) }, map[string]Kind{"a/x": Blocked}},
		{"a link in place of a lock file", func(d string) error { return os.Symlink(filepath.Join(elsewhere, "x"), filepath.Join(d, LockName)) }, map[string]Kind{LockName: Blocked}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := tt.prepare(dir); err != nil {
				t.Fatal(err)
			}
			r := mustWrite(t, first, dir, WriteOptions{Force: true, Prune: true})
			if diff := cmp.Diff(tt.want, kinds(r.Refused)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(map[string]string{"x": "theirs"}, disk(t, elsewhere)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnEditDuringTheRunStopsIt(t *testing.T) {
	for _, name := range []string{"a/x", "a/new", "a/stale"} {
		dir := t.TempDir()
		mustWrite(t, tree("a/x", "x", "a/stale", "s"), dir, WriteOptions{})
		top, err := openDisk(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer top.close()
		p, err := newPlan(tree("a/x", "2", "a/new", "n"), top, WriteOptions{Prune: true})
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, "mine")
		if err := p.apply(top, 1); err == nil || !strings.Contains(err.Error(), filepath.Base(name)+": changed while") {
			t.Errorf("%s: error %v", name, err)
		}
		if got := disk(t, dir)[name]; got != "mine" {
			t.Errorf("%s: now %q", name, got)
		}
	}
}

func TestALockInConflictIsReadAsBothSides(t *testing.T) {
	ours, theirs := tree("a", "ours", "b", "b"), tree("a", "theirs", "c", "c")
	one, two := t.TempDir(), t.TempDir()
	mustWrite(t, ours, one, WriteOptions{})
	mustWrite(t, theirs, two, WriteOptions{})
	l1, _ := os.ReadFile(filepath.Join(one, LockName))
	l2, _ := os.ReadFile(filepath.Join(two, LockName))
	put(t, one, LockName, "<<<<<<< HEAD\n"+string(l1)+"=======\n"+string(l2)+">>>>>>> branch\n")
	put(t, one, "a", "theirs")
	put(t, one, "c", "c")
	merged := tree("a", "merged", "b", "b", "c", "c")
	if r := mustWrite(t, merged, one, WriteOptions{}); len(r.Refused) > 0 {
		t.Errorf("refused: %v", kinds(r.Refused))
	}
	if d := mustCompare(t, merged, one); len(d) != 0 {
		t.Errorf("differs: %v", d)
	}
}

func TestSetsThatNoDirectoryCanHoldAreRefused(t *testing.T) {
	for _, s := range []*Set{
		tree("../x", ""), tree("/x", ""), tree("a/../x", ""), tree("a\\x", ""), tree("a\nx", ""), tree("", ""), tree(".", ""),
		tree("README.md", "", "readme.md", ""), tree("A/x", "", "a/y", ""), tree("a", "", "a/b", ""), tree("a/b", "", "A", ""),
		tree(LockName, ""), tree("a/"+LockName, ""), tree(reserved+"-tmp-x", ""), tree(reserved+"/x", ""),
		{Artifacts: []Artifact{{Path: "x", Mode: 0o600}}},
	} {
		dir := t.TempDir()
		if _, err := Write(s, dir, WriteOptions{}); err == nil {
			t.Errorf("%q was written", s.Artifacts)
		}
		if d := disk(t, dir); len(d) != 0 {
			t.Errorf("%q left %v", s.Artifacts, d)
		}
	}
}

func TestDiffIsAUnifiedDiff(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, tree("x", "1\n2\n", "old", "o\n"), dir, WriteOptions{})
	changes, err := Compare(tree("x", "1\n3\n", "new", "n\n"), dir, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var buf strings.Builder
	if err := Diff(&buf, changes[1:]); err != nil { // without the lock file
		t.Fatal(err)
	}
	want := `--- /dev/null
+++ b/new
@@ -0,0 +1,1 @@
+n
--- a/old
+++ /dev/null
@@ -1,1 +0,0 @@
-o
--- a/x
+++ b/x
@@ -1,2 +1,2 @@
 1
-2
+3
`
	if diff := cmp.Diff(want, buf.String()); diff != "" {
		t.Error(diff)
	}
}

func TestReadTreeRefusesLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "x")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTree(dir); err == nil {
		t.Error("a link was read")
	}
}

func FuzzParseLock(f *testing.F) {
	f.Add([]byte(lockHeader + lockRoot))
	f.Add(lock{"a b": {{digest{1}, 0o755}}}.encode(true))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, root := parseLock(data)
		again, root2 := parseLock(l.encode(root))
		if diff := cmp.Diff(len(l), len(again)); diff != "" || root != root2 {
			t.Errorf("not read back: %s", diff)
		}
	})
}
