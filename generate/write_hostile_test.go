package generate

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// inTime fails the test if the work waits for somebody, as the opening of a pipe does.
func inTime(t *testing.T, work func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); work() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("still waiting after 20 seconds")
	}
}

// Whatever stands where a file, a directory or a lock of ours belongs: nothing is written, it stays, and it is named.
func TestThingsPlantedInTheTreeAreNamedAndStay(t *testing.T) {
	elsewhere := t.TempDir()
	put(t, elsewhere, "x", "theirs")
	plant := map[string]func(name string) error{
		"a pipe":               func(name string) error { return syscall.Mkfifo(name, 0o644) },
		"a directory":          func(name string) error { return os.MkdirAll(filepath.Join(name, "below"), 0o755) },
		"a link to a file":     func(name string) error { return os.Symlink(filepath.Join(elsewhere, "x"), name) },
		"a link out":           func(name string) error { return os.Symlink(elsewhere, name) },
		"a link inside":        func(name string) error { return os.Symlink("same", name) },
		"a link to itself":     func(name string) error { return os.Symlink(filepath.Base(name), name) },
		"a link to nothing":    func(name string) error { return os.Symlink("/nowhere/at/all", name) },
		"a link to a terminal": func(name string) error { return os.Symlink("/dev/tty", name) },
		"a socket": func(name string) error {
			short, err := os.MkdirTemp("", "s") // the path of a socket is short
			if err != nil {
				return err
			}
			defer os.RemoveAll(short)
			l, err := net.Listen("unix", filepath.Join(short, "s"))
			if err != nil {
				return err
			}
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			defer l.Close()
			return os.Rename(filepath.Join(short, "s"), name)
		},
		"a device": func(name string) error { return syscall.Mknod(name, syscall.S_IFCHR|0o644, 1<<8|3) },
	}
	trees := 0
	for what, make := range plant {
		for _, name := range []string{"README.md", "a", "a/x", "a/b", LockName, "a/" + LockName, "a/.bartizan-tmp-x", "a/.bartizan-old-x~"} {
			if what == "a directory" && (name == "a" || name == "a/b") {
				continue
			}
			dir := t.TempDir()
			mustWrite(t, first, dir, WriteOptions{})
			place := filepath.Join(dir, name)
			if err := os.RemoveAll(place); err != nil {
				t.Fatal(err)
			}
			if err := make(place); err != nil {
				if what == "a device" && os.IsPermission(err) {
					t.Log("no device is tried: that needs root")
					break
				}
				t.Fatal(err)
			}
			before := snapshot(t, dir)
			next := tree("README.md", "2", "a/b/run.sh", "2", "a/x", "2", "a/new", "2")
			inTime(t, func() {
				for _, o := range []WriteOptions{{}, {Force: true, Prune: true}} {
					r, err := Write(next, dir, o)
					if err != nil || kinds(r.Refused)[name] != Blocked {
						t.Errorf("%s at %s: %+v, %v", what, name, r, err)
					}
				}
				changes, err := Compare(first, dir, WriteOptions{})
				if err != nil || kinds(changes)[name] != Blocked {
					t.Errorf("%s at %s: compares as %v, %v", what, name, kinds(changes), err)
				}
			})
			if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
				t.Errorf("%s at %s: %s", what, name, diff)
			}
			trees++
		}
	}
	if diff := cmp.Diff(map[string]string{"x": "theirs"}, disk(t, elsewhere)); diff != "" {
		t.Error(diff)
	}
	t.Logf("torture: things planted in the tree: %d trees checked", trees)
}

// snapshot is everything in a directory: kinds, modes, and what files hold and links point to.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		text := info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			text += " " + string(data)
		}
		if target, err := os.Readlink(p); err == nil {
			text += " -> " + target
		}
		all[strings.TrimPrefix(p, dir)] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheDirectoryOfTheTreeIsNoLinkAndNoPipe(t *testing.T) {
	elsewhere := t.TempDir()
	for what, make := range map[string]func(name string) error{
		"a link":            func(name string) error { return os.Symlink(elsewhere, name) },
		"a link to nothing": func(name string) error { return os.Symlink(filepath.Join(elsewhere, "new"), name) },
		"a pipe":            func(name string) error { return syscall.Mkfifo(name, 0o644) },
		"a file":            func(name string) error { return os.WriteFile(name, nil, 0o644) },
	} {
		dir := filepath.Join(t.TempDir(), "out")
		if err := make(dir); err != nil {
			t.Fatal(err)
		}
		inTime(t, func() {
			if _, err := Write(first, dir, WriteOptions{Force: true}); err == nil {
				t.Errorf("%s was written through", what)
			}
			if c, err := Compare(first, dir, WriteOptions{}); err == nil && len(c) == 0 {
				t.Errorf("%s compares as clean", what)
			}
			if _, err := ReadTree(dir); err == nil {
				t.Errorf("%s was read", what)
			}
		})
	}
	if e, err := os.ReadDir(elsewhere); len(e) != 0 || err != nil {
		t.Errorf("written elsewhere: %v, %v", e, err)
	}
}

func TestAHardLinkIsNotWrittenThrough(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "x")
	mustWrite(t, first, dir, WriteOptions{})
	if err := os.WriteFile(elsewhere, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/x", LockName} {
		file := filepath.Join(dir, name)
		if name == LockName {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(elsewhere, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(elsewhere, file); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(elsewhere)
		next := tree("README.md", "read "+name, "a/b/run.sh", "run", "a/x", "new "+name)
		mustWrite(t, next, dir, WriteOptions{})
		after, err := os.ReadFile(elsewhere)
		info, err2 := os.Stat(elsewhere)
		if err != nil || err2 != nil || !bytes.Equal(before, after) || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the other link holds %q, mode %v", name, after, info.Mode())
		}
		if d := mustCompare(t, next, dir); len(d) != 0 {
			t.Errorf("%s: differs: %v", name, d)
		}
	}
}

// A read-only file is replaced, because its directory says who may; a read-only directory is an error that changes
// nothing, and that Compare survives.
func TestReadOnlyFilesAndDirectories(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, first, dir, WriteOptions{})
	if err := os.Chmod(filepath.Join(dir, "a/x"), 0o444); err != nil {
		t.Fatal(err)
	}
	next := tree("README.md", "read", "a/b/run.sh", "run", "a/x", "2")
	mustWrite(t, next, dir, WriteOptions{})
	if d := mustCompare(t, next, dir); len(d) != 0 {
		t.Errorf("differs: %v", d)
	}
	if os.Geteuid() == 0 {
		t.Log("no read-only directory is tried here: root may write to it; cmd/bartizan mounts one")
		return
	}
	for _, d := range []string{"a", "."} {
		if err := os.Chmod(filepath.Join(dir, d), 0o555); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, dir)
		if _, err := Write(first, dir, WriteOptions{}); err == nil {
			t.Error("written into a directory that is read-only")
		}
		if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
			t.Error(diff)
		}
		if err := os.Chmod(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNamesThatSomeFileSystemWouldChangeAreRefused(t *testing.T) {
	for _, name := range []string{
		"con", "CON", "aux.md", "nul", "com1.yaml", "LPT9", "x.", "x ", "x:y", "x*", "é", "e\u0301", "\u017f", "\u212a", "x\x00", "x\n", strings.Repeat("x", maxName+1), "\xff", ".bartizan.lock",
	} {
		for _, p := range []string{name, name + "/x", "x/" + name} {
			if err := checkPaths(tree(p, "")); err == nil {
				t.Errorf("%q may be written", p)
			}
		}
	}
	for _, name := range []string{"con-x", "console", "com", "a+b", ".well-known", "x_y.z", strings.Repeat("x", maxName)} {
		if err := checkPaths(tree(name, "")); err != nil {
			t.Error(err)
		}
	}
	// Of all characters only ASCII's letters fold, and nothing composes: comparing in lower case is enough.
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !portable.MatchString(string(r)) && r != '.' {
			continue
		}
		if r > unicode.MaxASCII {
			t.Errorf("%q is no ASCII", r)
		}
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			if portable.MatchString(string(o)) && unicode.ToLower(o) != unicode.ToLower(r) {
				t.Errorf("%q and %q fold, and are not the same in lower case", r, o)
			}
		}
	}
}

// Two runs on one directory wait for each other, and a comparison waits for a run.
func TestASecondRunWaitsThenFails(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, first, dir, WriteOptions{})
	holder, err := openDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.lock(true, 0); err != nil {
		t.Fatal(err)
	}
	second, err := openDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer second.close()
	for _, exclusive := range []bool{true, false} {
		start := time.Now()
		if err := second.lock(exclusive, 200*time.Millisecond); err == nil || !strings.Contains(err.Error(), "another run") {
			t.Errorf("exclusive %v: %v", exclusive, err)
		}
		if took := time.Since(start); took < 150*time.Millisecond {
			t.Errorf("waited %v only", took)
		}
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = holder.close() })
	r, err := Write(tree("README.md", "2", "a/b/run.sh", "run", "a/x", "x"), dir, WriteOptions{})
	if err != nil || len(r.Written) != 1 {
		t.Errorf("after the first has ended: %+v, %v", r, err)
	}
	// Comparisons do not keep each other waiting.
	for range 2 {
		reader, err := openDisk(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.close()
		if err := reader.lock(false, 0); err != nil {
			t.Error(err)
		}
	}
}
