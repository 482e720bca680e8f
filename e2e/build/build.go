// Package build turns pinned versions of the components of a cluster into binaries, with nothing but Go and its module
// proxy. Each component has a go.mod and a go.sum in the directory modules, so that what is built is fixed by checksums
// and the same on every machine.
package build

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// CacheVariable names the environment variable that moves the cache of binaries.
const CacheVariable = "BARTIZAN_E2E_CACHE"

//go:embed modules
var modules embed.FS

//go:embed testdata
var sources embed.FS

// CacheDir is where binaries are kept between runs: the directory that the environment names, or one in the user's
// cache. It may be deleted at any time.
func CacheDir() (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "bartizan-e2e"), nil
}

// Builder builds components into a cache.
type Builder struct {
	// Cache is an absolute path; see CacheDir.
	Cache string
	// Log gets a line for each thing that takes long, and the output of go.
	Log io.Writer
}

// Binaries builds those of the programs of the component that are not in the cache, all of them if no names are given,
// and returns the directory in which they, and the component's data, lie. Several processes may call it at once.
func (b *Builder) Binaries(ctx context.Context, c Component, names ...string) (string, error) {
	if len(names) == 0 {
		names = c.binaries()
	}
	id, err := c.id()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(b.Cache, id)
	unlock, err := lock(dir)
	if err != nil {
		return "", err
	}
	defer unlock()

	var missing []string
	for _, name := range names {
		if _, ok := c.Packages[name]; !ok {
			return "", fmt.Errorf("%s has no program %q", c.Name, name)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, os.ErrNotExist) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 && hasAll(dir, c.Data) {
		return dir, nil
	}
	source, err := os.MkdirTemp("", "bartizan-build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(source)
	if err := c.writeModule(source); err != nil {
		return "", err
	}
	for _, name := range missing {
		if err := b.build(ctx, c, name, source, dir); err != nil {
			return "", err
		}
	}
	for _, data := range c.Data {
		if err := c.copyData(ctx, source, dir, data); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// Own builds a program of this repository, whose root is given, to a file of the cache that is written anew each time.
func (b *Builder) Own(ctx context.Context, root, pkg string) (string, error) {
	out := filepath.Join(b.Cache, "own", filepath.Base(pkg))
	return out, Component{}.goTool(ctx, root, b.Log, "build", "-trimpath", "-o", out, pkg)
}

func (b *Builder) build(ctx context.Context, c Component, name, source, dir string) error {
	start := time.Now()
	fmt.Fprintf(b.Log, "build %s %s: %s\n", c.Name, c.Version, name)
	// Renamed when it is whole: a build that is interrupted leaves nothing that looks like a binary.
	part := filepath.Join(dir, "."+name)
	args := []string{"build", "-trimpath", "-o", part, "-ldflags", strings.Join(append([]string{"-s", "-w"}, c.LDFlags...), " ")}
	if len(c.Tags) > 0 {
		args = append(args, "-tags", strings.Join(c.Tags, ","))
	}
	if err := c.goTool(ctx, source, b.Log, append(args, c.Packages[name])...); err != nil {
		return fmt.Errorf("build %s %s: %w", c.Name, name, err)
	}
	if err := os.Rename(part, filepath.Join(dir, name)); err != nil {
		return err
	}
	fmt.Fprintf(b.Log, "build %s %s: %s took %s\n", c.Name, c.Version, name, time.Since(start).Round(time.Second))
	return nil
}

// id names the component's directory in the cache by everything that decides about its bytes.
func (c Component) id() (string, error) {
	h := sha256.New()
	for _, suffix := range []string{".mod", ".sum"} {
		data, err := modules.ReadFile(c.file(suffix))
		if err != nil {
			return "", fmt.Errorf("%s %s is not a version that can be built: %w", c.Name, c.Version, err)
		}
		h.Write(data)
	}
	if c.sources != "" {
		err := fs.WalkDir(sources, c.sources, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := sources.ReadFile(name)
			fmt.Fprintln(h, name, len(data))
			h.Write(data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	fmt.Fprintln(h, c.Tags, c.LDFlags, c.Data, runtime.Version(), runtime.GOARCH)
	if c.experiment != "" {
		fmt.Fprintln(h, c.experiment)
	}
	if c.cgo {
		fmt.Fprintln(h, "cgo")
	}
	return fmt.Sprintf("%s-%s-%x", c.Name, c.Version, h.Sum(nil)[:4]), nil
}

func (c Component) file(suffix string) string {
	return "modules/" + cmp.Or(c.modules, c.Name) + "-" + c.Version + suffix
}

func (c Component) writeModule(dir string) error {
	for suffix, name := range map[string]string{".mod": "go.mod", ".sum": "go.sum"} {
		data, err := modules.ReadFile(c.file(suffix))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return c.writeSources(dir)
}

// writeSources writes the program of ours, if it is one, beside a go.mod.
func (c Component) writeSources(dir string) error {
	if c.sources == "" {
		return nil
	}
	programs, err := fs.Sub(sources, c.sources)
	if err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(dir, path.Base(c.sources)), programs)
}

func (c Component) copyData(ctx context.Context, source, dir, name string) error {
	to := filepath.Join(dir, name)
	if hasAll(dir, []string{name}) {
		return nil
	}
	var out bytes.Buffer
	if err := c.goTool(ctx, source, &out, "mod", "download", "-json", c.Module); err != nil {
		return err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out.Bytes(), &module); err != nil {
		return err
	}
	part := filepath.Join(dir, ".data")
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.CopyFS(part, os.DirFS(filepath.Join(module.Dir, name))); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.Rename(part, to)
}

// goTool runs go in dir. The settings of the caller's shell that change what is built are overruled.
func (c Component) goTool(ctx context.Context, dir string, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cgo := "0"
	if c.cgo {
		cgo = "1"
	}
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo, "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOEXPERIMENT="+c.experiment)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd.Run()
}

// lock waits until no other process builds into dir.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

func hasAll(dir string, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err != nil
	})
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
