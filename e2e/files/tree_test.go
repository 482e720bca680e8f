//go:build e2e

// Package files judges the generated files of the control plane by Kubernetes' own code and programs, without a cluster:
// every file of every specification and version, and every way to break one. "make e2e" runs it.
package files

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// root is the root of the repository.
const root = "../.."

// today is the date for which exceptions and attestations of the specifications are valid.
const today = "2026-11-21"

// spec is a specification whose files are judged.
type spec struct {
	// dir is below the root of the repository.
	dir string
	// vars is a file below dir with values of its variables, or empty.
	vars string
}

// String is the last name of the directory and that of the values, such as "estate staging".
func (s spec) String() string {
	name := filepath.Base(s.dir)
	if s.vars != "" {
		name += " " + strings.TrimSuffix(filepath.Base(s.vars), ".vars.hcl")
	}
	return name
}

// specs are the specifications: the examples, and those of the tests that generate.
var specs = []spec{
	{dir: "examples/minimal"}, {dir: "examples/online-boutique"}, {dir: "examples/astronomy-shop"}, {dir: "examples/platform"},
	{dir: "examples/estate", vars: "environments/staging.vars.hcl"}, {dir: "examples/estate", vars: "environments/production.vars.hcl"},
	{dir: "model/testdata/sketch"}, {dir: "model/testdata/everything"},
	{dir: "generate/testdata/shapes/stacked"}, {dir: "generate/testdata/shapes/external-etcd"},
	{dir: "generate/testdata/shapes/given-load-balancer"}, {dir: "generate/testdata/shapes/kms"},
}

// releases are the releases of Kubernetes that judge, by the minor version of the specification. The newest two are
// judged by themselves; files of older ones by the oldest of these, which knows all their fields.
var releases = map[string]string{"1.34": "v1.36.4", "1.35": "v1.36.4", "1.36": "v1.36.4", "1.37": "v1.37.1"}

// newest are the versions whose own kubeadm judges.
var newest = []string{"1.36", "1.37"}

// newer is what older versions cannot do, in whole lines of the specifications: a diagnostic says so, so it is left out.
var newer = map[string]*regexp.Regexp{
	"1.34": regexp.MustCompile(`(?m)^ *tls_curves .*\n`),
	"1.35": regexp.MustCompile(`(?m)^ *tls_curves .*\n`),
}

// stated is where a specification states its version.
var stated = regexp.MustCompile(`(?m)^(  (?:kubernetes|default) +=) "1\.3[0-9]"`)

// bartizan builds the program under test.
func bartizan(t *testing.T, b *build.Builder) string {
	t.Helper()
	program, err := b.Own(t.Context(), root, "./cmd/bartizan")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func builder(t *testing.T) *build.Builder {
	t.Helper()
	cache, err := build.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return &build.Builder{Cache: cache, Log: os.Stderr}
}

// tree is what was generated from a specification for a version.
type tree struct {
	spec
	source   string   // the specification, with the version in it
	dir      string   // the generated tree
	clusters []string // the directories of its clusters' control planes
}

// arguments are those that tell a command of the program the specification.
func (g *tree) arguments() []string {
	args := []string{"--today", today}
	if g.vars != "" {
		args = append(args, "--var-file", filepath.Join(g.source, g.vars))
	}
	return args
}

// generated writes the tree of the specification for the version.
func generated(t *testing.T, program string, s spec, version string) *tree {
	t.Helper()
	g := &tree{spec: s, source: filepath.Join(t.TempDir(), "spec"), dir: filepath.Join(t.TempDir(), "tree")}
	if err := os.CopyFS(g.source, os.DirFS(filepath.Join(root, s.dir))); err != nil {
		t.Fatal(err)
	}
	changed := false
	files, err := filepath.Glob(filepath.Join(g.source, "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		old := read(t, file)
		data := stated.ReplaceAll(old, []byte(`$1 "`+version+`"`))
		changed = changed || stated.Match(old)
		if lines := newer[version]; lines != nil {
			data = lines.ReplaceAll(data, nil)
		}
		write(t, file, data)
	}
	if !changed {
		t.Fatalf("%s states no version", s)
	}
	output(t, program, append([]string{"generate", g.source, "-o", g.dir, "--unresolved-images"}, g.arguments()...)...)
	g.clusters, err = filepath.Glob(filepath.Join(g.dir, "clusters", "*", "cluster"))
	if err != nil || len(g.clusters) == 0 {
		t.Fatalf("%s has no control plane: %v", s, err)
	}
	return g
}

// node is the files of a control plane as a node has them: marks replaced by what the scripts make, in a directory of the
// test in place of /etc/kubernetes.
type node struct {
	dir   string
	files []string // the YAML files below dir, sorted
	// control is the pool of the first control-plane node, etcd that of etcd's own machines, if there are any.
	control, etcd string
}

var (
	mark        = regexp.MustCompile(`@[A-Z_]+@`)
	kubernetes  = regexp.MustCompile(`kubernetesVersion: v1\.3[0-9]+\.[0-9]+`)
	judgedFiles = regexp.MustCompile(`^(init|join-[a-z0-9-]+)\.yaml$|^(hardening|patches|kube-vip|etcd)/.*\.yaml$`)
)

// below is the path of a file of the node as it stands in the cluster's directory.
func (n *node) below(t *testing.T, file string) string {
	t.Helper()
	name, err := filepath.Rel(n.dir, file)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// onNode puts the control plane's files to a directory. The version that they name becomes that of the release.
func onNode(t *testing.T, cluster, release string) *node {
	t.Helper()
	n := &node{dir: t.TempDir()}
	err := fs.WalkDir(os.DirFS(cluster), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !judgedFiles.MatchString(name) {
			return err
		}
		if pool, ok := strings.CutSuffix(name, "/kube-apiserver+strategic.yaml"); ok {
			n.control = strings.TrimPrefix(pool, "patches/")
		}
		if pool, ok := strings.CutSuffix(name, "/etcd+strategic.yaml"); ok && !exists(filepath.Join(cluster, pool, "kube-apiserver+strategic.yaml")) {
			n.etcd = strings.TrimPrefix(pool, "patches/")
		}
		n.files = append(n.files, filepath.Join(n.dir, name))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range n.files {
		name := n.below(t, file)
		write(t, file, n.complete(t, name, read(t, filepath.Join(cluster, name)), release))
	}
	write(t, filepath.Join(n.dir, "hardening", "audit-webhook.token"), []byte("token"))
	write(t, filepath.Join(n.dir, "join", "discovery.conf"), nil)
	return n
}

// complete does to a file of the cluster's directory what the generated scripts do on a node.
func (n *node) complete(t *testing.T, name string, data []byte, release string) []byte {
	t.Helper()
	pool := n.control
	if strings.HasPrefix(name, "etcd/") {
		pool = n.etcd
	}
	text := kubernetes.ReplaceAllString(string(data), "kubernetesVersion: "+release)
	text = strings.NewReplacer(
		"@ENCRYPTION_KEY@", base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"@CERTIFICATE_KEY@", strings.Repeat("ab", 32),
		"@NODE_ADDRESS@", "10.0.0.5",
		"/etc/kubernetes/join/", n.dir+"/join/",
		"/etc/kubernetes/hardening", n.dir+"/hardening",
		"/etc/kubernetes/patches", filepath.Join(n.dir, "patches", pool),
	).Replace(text)
	if left := mark.FindString(text); left != "" {
		t.Fatalf("no script replaces %s", left)
	}
	return []byte(text)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// output runs a program that must succeed.
func output(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(program), strings.Join(args[:min(3, len(args))], " "), err, out, stderr.Bytes())
	}
	return out
}

func sorted[T any](m map[string]T) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
