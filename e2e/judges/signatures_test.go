//go:build e2e

package judges_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// signedRegistry is the registry with a key of generate/testdata/addons.
const signedRegistry = "registry.example.com"

// The policies that a tree has for its registries, asked by policy-controller's own code about images in a real registry of that name:
// of those, only the image that the declared key has signed passes. Policies that differ from what is generated let others pass, or
// none.
func TestOnlyImagesSignedByTheDeclaredKeyPass(t *testing.T) {
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	programs, err := b.Binaries(t.Context(), build.Signatures())
	if err != nil {
		t.Fatal(err)
	}
	keys := t.TempDir()
	if out, err := exec.Command(filepath.Join(programs, "signedimages"), "keys", keys).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	policies := signaturePolicies(t, keys)
	// The key as it stands in the policy.
	key := func(pair string) string {
		text, err := os.ReadFile(filepath.Join(keys, pair+".pub"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n        ")
	}
	r := startRegistry(t, programs, keys)
	const passes, wrong, none, uncovered = "", "no matching signatures", "no signatures found", "is uncovered by policy"
	asGenerated := map[string]string{"signed": passes, "signed-by-other": wrong, "unsigned": none, "signature-of-another": wrong}
	tests := []struct {
		name     string
		old, new string
		want     map[string]string
	}{
		{name: "as generated", want: asGenerated},
		{name: "with another key", old: key("declared"), new: key("other"), want: map[string]string{
			"signed": wrong, "signed-by-other": passes, "unsigned": none, "signature-of-another": wrong}},
		{name: "that only warns", old: "mode: enforce", new: "mode: warn", want: map[string]string{
			"signed": passes, "signed-by-other": passes, "unsigned": passes, "signature-of-another": passes}},
		{name: "for other names", old: signedRegistry + "/**", new: signedRegistry + "/shop/**", want: map[string]string{
			"signed": uncovered, "signed-by-other": uncovered, "unsigned": uncovered, "signature-of-another": uncovered}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			policy := policies["main"]
			if test.old != "" {
				changed := bytes.ReplaceAll(policy, []byte(test.old), []byte(test.new))
				if bytes.Equal(changed, policy) {
					t.Fatalf("%q is not in the policy:\n%s", test.old, policy)
				}
				policy = changed
			}
			got := map[string]string{}
			for kind, image := range r.images {
				said, passed := r.ask(t, policy, image)
				switch want := test.want[kind]; {
				case passed:
					got[kind] = passes
				case want != "" && strings.Contains(said, want):
					got[kind] = want
				default:
					got[kind] = said
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	// A registry whose images nobody signs passes by name, and no name beside it does.
	for image, want := range map[string]bool{"docker.io/library/redis": true, "docker.io/library/redis/more": true, "docker.io/library/mongo": false} {
		if said, passed := r.ask(t, policies["hub"], image+"@sha256:"+strings.Repeat("a", 64)); passed != want {
			t.Errorf("%s passes: %t\n%s", image, passed, said)
		}
	}
	fmt.Printf("policy-tester %s %d images by the policy for %s: %s\n", build.Signatures().Version, len(r.images), signedRegistry, told(asGenerated))
}

// told is a line of what became of each image.
func told(outcome map[string]string) string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(outcome)) {
		said := outcome[kind]
		if said == "" {
			said = "passes"
		}
		parts = append(parts, kind+" "+said)
	}
	return strings.Join(parts, ", ")
}

// signaturePolicies are the policies about signatures of the tree whose specification declares the key, by their registry.
func signaturePolicies(t *testing.T, keys string) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "generate", "testdata", "addons", "main.bartizan.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	heredoc := regexp.MustCompile(`(?s)\[<<-PEM\n.*?PEM\n *\]`)
	if n := len(heredoc.FindAll(text, -1)); n != 1 {
		t.Fatalf("the specification declares %d keys", n)
	}
	spec := filepath.Join(t.TempDir(), "signatures")
	if err := os.Mkdir(spec, 0o755); err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join(keys, "declared.pub"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"main.bartizan.hcl": heredoc.ReplaceAll(text, []byte(`[file("declared.pub")]`)), "declared.pub": public} {
		if err := os.WriteFile(filepath.Join(spec, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e, err := generate(spec, "")
	if err != nil {
		t.Fatal(err)
	}
	policies := map[string][]byte{}
	for _, o := range e.objects {
		if o.Kind == "ClusterImagePolicy" {
			policies[strings.TrimPrefix(o.Name, "bartizan-")] = o.YAML
		}
	}
	return policies
}

// signingRegistry is a registry with images, in a network in which nothing else is.
type signingRegistry struct {
	tester string
	images map[string]string
	in     io.Writer
	out    *json.Decoder
}

// startRegistry starts the registry under its name. It ends with its standard input.
func startRegistry(t *testing.T, programs, keys string) *signingRegistry {
	t.Helper()
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost "+signedRegistry+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const inside = `mount --bind "$1" /etc/hosts; ip link set lo up; shift; exec "$@"`
	args := []string{"--net", "--mount", "--", "sh", "-ec", inside, "sh", hosts, filepath.Join(programs, "signedimages"), "serve", keys, signedRegistry, "hello/web"}
	if os.Geteuid() != 0 {
		args = append([]string{"--map-root-user"}, args...)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // the context of the test has ended it
	})
	r := &signingRegistry{tester: filepath.Join(programs, "policy-tester"), in: in, out: json.NewDecoder(bufio.NewReader(out))}
	if err := r.out.Decode(&r.images); err != nil {
		t.Fatalf("the registry does not start: %v", err)
	}
	return r
}

// ask asks policy-controller whether an image passes a policy, and why not.
func (r *signingRegistry) ask(t *testing.T, policy []byte, image string) (said string, passes bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, policy, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(r.in).Encode([]string{r.tester, "--policy", file, "--image", image}); err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Status int
		Out    string
	}
	if err := r.out.Decode(&answer); err != nil {
		t.Fatal(err)
	}
	// The program ends with 1 too where it cannot judge, and prints its verdict as JSON.
	if answer.Status != 0 && !strings.Contains(answer.Out, `{"errors":`) {
		t.Fatalf("%s: no verdict: %s", image, answer.Out)
	}
	return answer.Out, answer.Status == 0
}
