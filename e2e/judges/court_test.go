//go:build e2e

package judges_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/judges"
)

const (
	// root is the root of the repository.
	root = "../.."
	// today is the date for which exceptions and attestations of the examples are valid.
	today = "2026-11-21"
	// release is a version of Kubernetes of the minor version that the examples name.
	release = "v1.36.4"
)

// scratch is a directory for all tests.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "bartizan-judges-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// judge lets a judge judge.
func judge(t *testing.T, j *judges.Judge, objects []judges.Object) (*judges.Tree, *judges.Report) {
	t.Helper()
	tree, err := judges.NewTree(t.TempDir(), objects)
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := program(t, j)
	schemas, err := schemaDir()
	if err != nil {
		t.Fatal(err)
	}
	report, err := j.Run(t.Context(), &judges.Court{Tree: tree, Dir: dir, Schemas: schemas})
	if err != nil {
		t.Fatal(err)
	}
	return tree, report
}

// program returns the directory in which the judge's program is, and its version. It skips the test if the program is to be
// found on the path, and is not there.
func program(t *testing.T, j *judges.Judge) (dir, version string) {
	t.Helper()
	if j.OnPath {
		file, err := exec.LookPath(j.Name)
		if err != nil {
			t.Skipf("%s is not installed", j.Name)
		}
		out, err := exec.CommandContext(t.Context(), file, j.Version...).Output()
		if err != nil {
			t.Fatal(err)
		}
		words := strings.FieldsFunc(string(out), func(r rune) bool { return r == ':' || unicode.IsSpace(r) })
		return filepath.Dir(file), words[len(words)-1]
	}
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = b.Binaries(t.Context(), j.Component); err != nil {
		t.Fatal(err)
	}
	return dir, j.Component.Version
}

var builder = sync.OnceValues(func() (*build.Builder, error) {
	cache, err := build.CacheDir()
	return &build.Builder{Cache: cache, Log: os.Stderr}, err
})

// schemaDir writes the schemas of all kinds, once.
var schemaDir = sync.OnceValues(func() (string, error) {
	b, err := builder()
	if err != nil {
		return "", err
	}
	api, err := b.Binaries(context.Background(), build.OpenAPI(release))
	if err != nil {
		return "", err
	}
	var crds []string
	for _, c := range build.Definitions() {
		dir, err := b.Binaries(context.Background(), c)
		if err != nil {
			return "", err
		}
		crds = append(crds, filepath.Join(dir, c.Data[0]))
	}
	dir := filepath.Join(scratch, "schemas")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	return dir, judges.WriteSchemas(dir, filepath.Join(api, "api/openapi-spec/swagger.json"), crds)
})

// example is the objects of an example, in one of its environments if it has some.
type example struct {
	name, spec string
	tree       string // a directory
	objects    []judges.Object
}

// examples are all that the repository has, written by the program under test.
func examples(t *testing.T) []example {
	t.Helper()
	all, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var generated = sync.OnceValues(func() ([]example, error) {
	files, err := filepath.Glob(filepath.Join(root, "examples", "*", "*.hcl"))
	if err != nil {
		return nil, err
	}
	var specs []string
	for _, file := range files {
		specs = append(specs, filepath.Dir(file))
	}
	var all []example
	for _, spec := range slices.Compact(specs) {
		environments, err := filepath.Glob(filepath.Join(spec, "environments", "*.hcl"))
		if err != nil {
			return nil, err
		}
		if len(environments) == 0 {
			environments = []string{""}
		}
		for _, environment := range environments {
			e, err := generate(spec, environment)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	return all, nil
})

// generate writes the tree of a specification and reads its objects. The name of an environment follows that of the
// example after a hyphen.
func generate(spec, environment string) (example, error) {
	e := example{name: filepath.Base(spec), spec: spec}
	args := []string{"generate", spec, "--today", today, "--unresolved-images"}
	if environment != "" {
		e.name += "-" + strings.TrimSuffix(filepath.Base(environment), ".vars.hcl")
		args = append(args, "--var-file", environment)
	}
	b, err := builder()
	if err != nil {
		return e, err
	}
	program, err := b.Own(context.Background(), root, "./cmd/bartizan")
	if err != nil {
		return e, err
	}
	e.tree = filepath.Join(scratch, e.name)
	if out, err := exec.Command(program, append(args, "-o", e.tree)...).CombinedOutput(); err != nil {
		return e, fmt.Errorf("%s: %w\n%s", e.name, err, out)
	}
	e.objects, err = judges.ReadObjects(e.tree)
	if err == nil && len(e.objects) == 0 {
		err = fmt.Errorf("%s has no objects", e.name)
	}
	return e, err
}
