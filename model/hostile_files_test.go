package model_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
)

// endless is an input that never ends.
type endless struct{ text string }

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[i%len(e.text)]
	}
	return len(p), nil
}

// What stands beside a specification is read only if it is a regular file that no link leads away to, and never without
// end: whoever can propose a change of the directory must not read or stop the machine that judges it.
func TestHostileFiles(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("do-not-show-this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const reads = "locals {\n  a = file(\"x\")\n}\n"
	pipe := func(t *testing.T, name string) {
		t.Helper()
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Skip(err)
		}
	}
	link := func(t *testing.T, target, name string) {
		t.Helper()
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	write := func(t *testing.T, name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name  string
		plant func(t *testing.T)
		load  string // path; "" for the directory
		o     model.Options
		want  string // part of the text
	}{
		{name: "specification file that is a pipe", plant: func(t *testing.T) { pipe(t, "a.bartizan.hcl") }, want: "a.bartizan.hcl: it is not a regular file."},
		{name: "specification file that is a device", plant: func(t *testing.T) { link(t, "/dev/zero", "a.bartizan.hcl") }, want: "a.bartizan.hcl: path escapes from parent."},
		{name: "specification file that is a link out", plant: func(t *testing.T) { link(t, secret, "a.bartizan.hcl") }, want: "a.bartizan.hcl: path escapes from parent."},
		{name: "digests that are a link out", plant: func(t *testing.T) {
			write(t, "a.bartizan.hcl", "")
			link(t, secret, "images.bartizan.json")
		}, want: "images.bartizan.json: path escapes from parent."},
		{name: "values that are a link out", plant: func(t *testing.T) {
			write(t, "a.bartizan.hcl", "")
			link(t, secret, "a.auto.vars.hcl")
		}, want: "a.auto.vars.hcl: path escapes from parent."},
		{name: "link within the directory", plant: func(t *testing.T) {
			write(t, "b", reads)
			write(t, "x", "fine")
			link(t, "b", "a.bartizan.hcl")
		}, want: "Missing cluster"},
		{name: "file of a pipe", plant: func(t *testing.T) { write(t, "a.bartizan.hcl", reads); pipe(t, "x") }, want: `"x": it is not a regular file`},
		{name: "file of a device", plant: func(t *testing.T) { write(t, "a.bartizan.hcl", reads); link(t, "/dev/zero", "x") }, want: `"x": path escapes from parent`},
		{name: "file of a directory", plant: func(t *testing.T) {
			write(t, "a.bartizan.hcl", reads)
			if err := os.Mkdir("x", 0o700); err != nil {
				t.Fatal(err)
			}
		}, want: `"x": it is not a regular file`},
		{name: "file of a link out", plant: func(t *testing.T) { write(t, "a.bartizan.hcl", reads); link(t, secret, "x") }, want: `"x": path escapes from parent`},
		{name: "file of a link to a link out", plant: func(t *testing.T) {
			write(t, "a.bartizan.hcl", reads)
			link(t, filepath.Dir(secret), "d")
			link(t, "d/secret", "x")
		}, want: `"x": path escapes from parent`},
		{name: "file that is too large", plant: func(t *testing.T) {
			write(t, "a.bartizan.hcl", reads)
			write(t, "x", strings.Repeat("a", 1<<20+1))
		}, want: `"x" is larger than 1 MiB`},
		{name: "device named by the user", plant: func(*testing.T) {}, load: "/dev/zero", want: "With /dev/zero, the specification and its variables have more than 16 MiB of text."},
		{name: "values from a device", plant: func(t *testing.T) { write(t, "a.bartizan.hcl", "") }, o: model.Options{VarFiles: []string{"/dev/zero"}}, want: "With /dev/zero, the specification and its variables have more than 16 MiB of text."},
		{name: "standard input without end", plant: func(*testing.T) {}, load: "-", o: model.Options{Stdin: endless{"# x\n"}}, want: "With standard input, the specification and its variables have more than 16 MiB of text."},
		{name: "many files", plant: func(t *testing.T) {
			for i := range 1_001 {
				write(t, strings.Repeat("a", 1+i%100)+string(rune('a'+i/100))+".bartizan.hcl", "")
			}
		}, want: "stand in more than 1,000 files."},
		{name: "large files together", plant: func(t *testing.T) {
			for _, n := range []string{"a", "b", "c"} {
				write(t, n+".bartizan.hcl", "# "+strings.Repeat("a", 6<<20))
			}
		}, want: "With c.bartizan.hcl, the specification and its variables have more than 16 MiB of text."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			c.plant(t)
			if c.load == "" {
				c.load = "."
			}
			c.o.Today = today
			runtime.GC()
			torture.Held(t, func() {
				text := model.Load(c.load, c.o).Text()
				if !strings.Contains(text, c.want) {
					t.Errorf("want %q, got:\n%s", c.want, text)
				}
				if strings.Contains(text, "do-not-show") {
					t.Errorf("a file outside is shown:\n%s", text)
				}
			})
		})
	}
}
