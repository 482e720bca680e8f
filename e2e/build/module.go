package build

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Resolve asks the module proxy for everything that the component is built from, and returns the go.mod and go.sum to
// keep in modules. Only who changes a version needs it.
func Resolve(ctx context.Context, c Component, log io.Writer) (mod, sum []byte, err error) {
	dir, err := os.MkdirTemp("", "bartizan-module-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	text := &bytes.Buffer{}
	fmt.Fprintf(text, "module example.invalid/%s\n\n", c.Name)
	if c.replaces {
		if err := c.writeReplaces(ctx, text); err != nil {
			return nil, nil, err
		}
	} else {
		fmt.Fprintf(text, "go 1.26.0\n\n")
	}
	// Programs of ours need the module because they import it; go get finds a version of the others.
	ours := c.sources != ""
	if c.replaces || ours || len(c.Packages) == 0 {
		fmt.Fprintf(text, "require %s %s\n", c.Module, c.Version)
	}
	for _, module := range c.requires {
		fmt.Fprintf(text, "require %s\n", module)
	}
	if len(c.Packages) == 0 {
		return c.resolveData(ctx, dir, text, log)
	}
	// Tools keep the programs' packages, and all that they import, in the module graph.
	for _, name := range c.binaries() {
		if pkg := c.Packages[name]; !strings.HasPrefix(pkg, "./") {
			fmt.Fprintf(text, "tool %s\n", pkg)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), text.Bytes(), 0o644); err != nil {
		return nil, nil, err
	}
	if err := c.writeSources(dir); err != nil {
		return nil, nil, err
	}
	if !c.replaces && !ours {
		get := []string{"get", "-tool"}
		for _, name := range c.binaries() {
			get = append(get, c.Packages[name]+"@"+c.Version)
		}
		if err := c.goTool(ctx, dir, log, get...); err != nil {
			return nil, nil, err
		}
	}
	if c.itsSums {
		if err := c.copySums(ctx, dir); err != nil {
			return nil, nil, err
		}
	}
	if err := c.goTool(ctx, dir, log, "mod", "tidy"); err != nil {
		return nil, nil, err
	}
	if mod, err = os.ReadFile(filepath.Join(dir, "go.mod")); err != nil {
		return nil, nil, err
	}
	sum, err = os.ReadFile(filepath.Join(dir, "go.sum"))
	return mod, sum, err
}

// resolveData resolves a module of which only files are read: nothing that it imports is needed.
func (c Component) resolveData(ctx context.Context, dir string, text *bytes.Buffer, log io.Writer) (mod, sum []byte, err error) {
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), text.Bytes(), 0o644); err != nil {
		return nil, nil, err
	}
	if err := c.goTool(ctx, dir, log, "mod", "download", c.Module); err != nil {
		return nil, nil, err
	}
	sum, err = os.ReadFile(filepath.Join(dir, "go.sum"))
	return text.Bytes(), sum, err
}

// copySums begins the go.sum in dir with that of the component's module, which the checksum database vouches for.
func (c Component) copySums(ctx context.Context, dir string) error {
	root, err := c.download(ctx)
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(root.Dir, "go.sum"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644)
}

// downloaded is where the files of a module are.
type downloaded struct{ Dir, GoMod string }

// download fetches the component's module.
func (c Component) download(ctx context.Context) (downloaded, error) {
	var out bytes.Buffer
	var where downloaded
	if err := c.goTool(ctx, os.TempDir(), &out, "mod", "download", "-json", c.Module+"@"+c.Version); err != nil {
		return where, fmt.Errorf("%s: %w", out.String(), err)
	}
	return where, json.Unmarshal(out.Bytes(), &where)
}

// writeReplaces writes what the go.mod of the component's module says about its build. Parts of Kubernetes are published as
// modules of the same release: v1.36.4 of the whole is v0.36.4 of each part.
func (c Component) writeReplaces(ctx context.Context, w io.Writer) error {
	module, err := c.download(ctx)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(module.GoMod)
	if err != nil {
		return err
	}
	part := "v0." + strings.TrimPrefix(c.Version, "v1.")
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(strings.TrimPrefix(line, "replace "))
		arrow := slices.Index(f, "=>")
		switch {
		case len(f) == 2 && (f[0] == "go" || f[0] == "godebug"):
			fmt.Fprint(w, line)
		case arrow == 1 && strings.HasPrefix(f[2], "./staging/"):
			fmt.Fprintf(w, "replace %s => %s %s\n", f[0], f[0], part)
		case arrow > 0:
			fmt.Fprintf(w, "replace %s\n", strings.Join(f, " "))
		}
	}
	return nil
}
