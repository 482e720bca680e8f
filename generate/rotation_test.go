package generate

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/templates"
)

// rotationNode is a control-plane node: its own copy of the files, and an API server that uses one of them.
type rotationNode struct {
	t                      *testing.T
	script, file           string
	bin                    string
	hashOfServer, rewrites string // files of the stub
}

func newRotationNode(t *testing.T, file string) *rotationNode {
	t.Helper()
	dir := t.TempDir()
	n := &rotationNode{t: t, bin: filepath.Join(dir, "bin"), file: filepath.Join(dir, "node", "encryption.yaml"),
		script: filepath.Join(dir, "rotate-key.sh"), hashOfServer: filepath.Join(dir, "hash"), rewrites: filepath.Join(dir, "rewrites")}
	data := bootstrapFor(bootstrapSpec().Clusters[0])
	data.Hardening = filepath.Dir(n.file)
	text, err := templates.Render("rotate-key.sh.tmpl", data)
	if err != nil {
		t.Fatal(err)
	}
	set, err := Run(bootstrapSpec(), []*Generator{encryption})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		n.script: string(text),
		filepath.Join(dir, "hardening/encryption.yaml"): string(set.Files()["clusters/shop/cluster/hardening/encryption.yaml"]),
		n.file:                        file,
		filepath.Join(n.bin, "id"):    "#!/bin/sh\necho 0\n",
		filepath.Join(n.bin, "chown"): "#!/bin/sh\n",
		filepath.Join(n.bin, "sleep"): "#!/bin/sh\n",
		filepath.Join(n.bin, "kubectl"): fmt.Sprintf(`#!/bin/sh
case "$*" in
*"get --raw /metrics") echo "apiserver_encryption_config_controller_last_config_info{apiserver_id_hash=\"sha256:x\",hash=\"sha256:$(cat %[1]s)\"} 1" ;;
*"-o name") echo secret/a ;;
*"-o json") echo '{"items": []}' ;;
*"replace -f -") cat >/dev/null; echo x >>%[2]s ;;
*) exit 1 ;;
esac
`, n.hashOfServer, n.rewrites),
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	n.load()
	return n
}

// load lets the API servers use the node's file.
func (n *rotationNode) load() {
	n.t.Helper()
	if err := os.WriteFile(n.hashOfServer, fmt.Appendf(nil, "%x", sha256.Sum256([]byte(n.text()))), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

func (n *rotationNode) text() string {
	n.t.Helper()
	data, err := os.ReadFile(n.file)
	if err != nil {
		n.t.Fatal(err)
	}
	return string(data)
}

// run runs a step and returns what it prints, and whether it went well.
func (n *rotationNode) run(step, input string) (string, bool) {
	n.t.Helper()
	cmd := exec.Command("sh", n.script, step)
	cmd.Env = []string{"PATH=" + n.bin + ":" + os.Getenv("PATH"), "ROTATE_TRIES=1"}
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// names are the names of the keys, in order.
func (n *rotationNode) names() []string {
	var names []string
	for line := range strings.Lines(n.text()) {
		if _, name, ok := strings.Cut(strings.TrimSpace(line), "- name: "); ok {
			names = append(names, name)
		}
	}
	return names
}

const oneKey = "resources:\n- providers:\n  - secretbox:\n      keys:\n      - name: key1\n        secret: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='\n"

func TestRotationGoesStepByStep(t *testing.T) {
	n := newRotationNode(t, oneKey)
	for _, s := range []struct {
		step string
		load bool // the API servers have read the file when the step begins
		ok   bool
		want string
	}{
		{"promote", true, false, "key1"},
		{"rewrite", true, false, "key1"},
		{"drop", true, true, "key1"}, // nothing to do
		{"add", true, true, "key1 key2"},
		{"add", false, true, "key1 key2"},      // again: no third key
		{"promote", false, false, "key1 key2"}, // a server does not know the new key
		{"rewrite", true, false, "key1 key2"},
		{"drop", true, false, "key1 key2"},
		{"promote", true, true, "key2 key1"},
		{"promote", false, true, "key2 key1"}, // again
		{"add", true, false, "key2 key1"},
		{"drop", true, false, "key2 key1"}, // not rewritten
		{"rewrite", true, true, "key2 key1"},
		{"drop", true, true, "key2"},
		{"drop", false, true, "key2"},
		{"add", true, true, "key2 key3"}, // the next year
		{"burn", true, false, "key2 key3"},
	} {
		if s.load {
			n.load()
		}
		out, ok := n.run(s.step, "")
		if got := strings.Join(n.names(), " "); ok != s.ok || got != s.want {
			t.Errorf("%s: done %v, keys %q; want %v, %q\n%s", s.step, ok, got, s.ok, s.want, out)
		}
		if strings.Contains(out, "AAAA") {
			t.Errorf("%s prints a key", s.step)
		}
	}
	if i, err := os.Stat(n.file); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", i.Mode(), err)
	}
	if data, _ := os.ReadFile(n.rewrites); strings.Count(string(data), "x") != 2 {
		t.Errorf("Secrets and ConfigMaps were not both rewritten once: %q", data)
	}
}

func TestRotationRefusesANodeThatMissedAStep(t *testing.T) {
	first, second := newRotationNode(t, oneKey), newRotationNode(t, oneKey)
	first.run("add", "")
	added, _ := first.run("send", "")
	first.load()
	if out, ok := first.run("promote", ""); !ok {
		t.Fatal(out)
	}
	promoted, _ := first.run("send", "")
	if out, ok := second.run("take", promoted); ok || !slices.Equal(second.names(), []string{"key1"}) {
		t.Errorf("a key that the node has never seen encrypts: %s", out)
	}
	for _, input := range []string{"", "nonsense", oneKey + oneKey, strings.Replace(added, "key2", "key7", 1)} {
		if out, ok := second.run("take", input); ok {
			t.Errorf("%q is taken: %s", input, out)
		}
	}
	for _, input := range []string{added, promoted} {
		if out, ok := second.run("take", input); !ok {
			t.Errorf("in order: %s", out)
		}
	}
	if second.text() != first.text() {
		t.Errorf("the nodes differ:\n%s\n%s", first.text(), second.text())
	}
}

func TestRotationRefusesAHalfState(t *testing.T) {
	for name, file := range map[string]string{
		"the mark":     strings.Replace(oneKey, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "'@ENCRYPTION_KEY@'", 1),
		"a short key":  strings.Replace(oneKey, "AAAA", "", 1),
		"a gap":        oneKey + "      - name: key3\n        secret: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"a third key":  oneKey + "      - name: key2\n        secret: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n      - name: key3\n        secret: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"an empty one": "",
	} {
		t.Run(name, func(t *testing.T) {
			n := newRotationNode(t, file)
			for _, step := range []string{"status", "add", "promote", "rewrite", "drop"} {
				if out, ok := n.run(step, ""); ok || n.text() != file {
					t.Errorf("%s goes on: %s", step, out)
				}
			}
		})
	}
}
