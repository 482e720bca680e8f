package examples_test

import (
	"bytes"
	"maps"
	"math"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// everyFile names the examples of which every file is spoilt, with commas, or "all"; see "make every-file". Without it, a
// few files of the smallest example are.
const everyFile = "BARTIZAN_EVERY_FILE"

// Where a file is spoilt, exactly the steps lose a blocker for which the report names the file: no more, no fewer. Files
// that carry others, which the report lists in the trusted base, take with them what these are named for; so do files without
// which others fail closed.
func TestEachFileStopsExactlyTheStepsThatTheReportSays(t *testing.T) {
	names, some := []string{"minimal"}, true
	if chosen := os.Getenv(everyFile); chosen != "" {
		names, some = strings.Split(chosen, ","), false
		if chosen == "all" {
			names = examples
		}
	}
	used := map[string]bool{}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			l := model.Load(name, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
			if l.HasErrors() {
				t.Fatal(l.Text())
			}
			set, err := generate.Run(l.Spec, slices.Clone(generate.All))
			if err != nil {
				t.Fatal(err)
			}
			files := set.Files()
			// Attestations are left out: they rest on no file.
			posture := model.NewPosture(verify.Run(l.Spec, files, verify.All).Proved, nil)
			said, trusted := stopped(t, l.Spec, posture)
			spoilt, steps := 0, 0
			for _, file := range slices.Sorted(maps.Keys(files)) {
				named := slices.ContainsFunc(said, func(s *stop) bool { return slices.Contains(s.files, file) })
				if some && !(named && spoilt < 12) {
					continue
				}
				spoilt++
				after := model.NewPosture(verify.Run(l.Spec, spoil(t, files, file), verify.All).Proved, nil)
				for _, s := range said {
					lost := after[s.hold].State != model.Proved
					switch {
					case slices.Contains(s.files, file):
						steps += s.steps
						if !lost {
							t.Errorf("%s is said to stop %s by %s of %s, which is proved although the file is spoilt", file, s.step, s.hold.Control, s.hold.Subject)
						}
					case lost:
						by := takenBy(file, s.files)
						if by == "" {
							t.Errorf("with %s spoilt, %s of %s no longer stops %s, for which the report names %v only", file, s.hold.Control, s.hold.Subject, s.step, s.files)
							continue
						}
						used[by] = true
					}
				}
			}
			if !trusted["B:object-lists@"+string(l.Spec.Clusters[0].Addr())] || !trusted["B:machine-files@"+string(l.Spec.Clusters[0].Addr())] {
				t.Errorf("the report does not count what carries the files to the trusted base, but %v", slices.Sorted(maps.Keys(trusted)))
			}
			t.Logf("%d of %d files spoilt; they are named for %d steps", spoilt, len(files), steps)
			if steps == 0 {
				t.Error("no file stops anything")
			}
		})
	}
	for _, c := range threatmodel.Carriers {
		if !some && !used[c.ID] {
			t.Errorf("no file is one of %s", c.Title)
		}
	}
	for _, c := range failClosed {
		if !some && !used[c.why] {
			t.Errorf("no file matches %s: %s", c.file, c.why)
		}
	}
}

// takenBy says what it is about the file that takes the others with it; "" for nothing.
func takenBy(file string, others []string) string {
	for _, c := range threatmodel.Carriers {
		if c.Brings(file, others...) {
			return c.ID
		}
	}
	for _, c := range failClosed {
		if c.takes(file, others) {
			return c.why
		}
	}
	return ""
}

// closing says which files are of no use without another one, and do harm to nobody then. The report does not name it for
// what they stop.
type closing struct {
	file, carried *regexp.Regexp // the groups "at" of both must be equal
	why           string
}

var failClosed = []*closing{
	{regexp.MustCompile(`^(?P<at>clusters/[^/]+/cluster)/((init|join-[^/]+).yaml|patches/.*)$`), regexp.MustCompile(`^(?P<at>clusters/[^/]+/cluster)/.*$`),
		"kubeadm reads it, and stops where it is no configuration"},
	{regexp.MustCompile(`^(?P<at>clusters/[^/]+/manifests/namespaces/[^/]+)/guard/account\.[^/]+\.yaml$`), regexp.MustCompile(`^(?P<at>clusters/[^/]+/manifests/namespaces/[^/]+)/apps/.*$`),
		"pods whose account is missing do not start"},
	{regexp.MustCompile(`^(?P<at>clusters/[^/]+/access/wireguard/[^/]+)/devices/[^/]+$`), regexp.MustCompile(`^(?P<at>.*)/wg0.conf$`),
		"the device's end of the tunnel; without it the device does not connect"},
	{regexp.MustCompile(`^(?P<at>clusters/[^/]+)/manifests/.*kustomization\.yaml$`), regexp.MustCompile(`^(?P<at>clusters/[^/]+)/nodes/[^/]+/break-glass\.conf$`),
		"a list that says nothing applies nothing, so that no binding of emergency access stands; but nobody proves it"},
}

func (c *closing) takes(file string, carried []string) bool {
	m := c.file.FindStringSubmatch(file)
	if m == nil {
		return false
	}
	return slices.ContainsFunc(carried, func(x string) bool {
		n := c.carried.FindStringSubmatch(x)
		return n != nil && n[c.carried.SubexpIndex("at")] == m[c.file.SubexpIndex("at")]
	})
}

// spoil returns the tree with one file that does not do what it is there for: a policy that lets traffic through lets all
// through, any other file is empty. A copy in cloud-init is spoilt too, as it would be where the file is wrong.
func spoil(t *testing.T, files map[string][]byte, file string) map[string][]byte {
	t.Helper()
	after := maps.Clone(files)
	old, spoilt := files[file], []byte{}
	if strings.Contains(path.Base(file), "networkpolicy-allow-") {
		spoilt = widened(t, old)
	}
	after[file] = spoilt
	setup := path.Join(path.Dir(file), "cloud-init.yaml")
	if data, ok := files[setup]; ok && setup != file {
		head, body, _ := bytes.Cut(data, []byte("\n"))
		var config map[string]any
		if err := yaml.Unmarshal(body, &config); err != nil {
			t.Fatalf("%s: %v", setup, err)
		}
		writes, _ := config["write_files"].([]any)
		for _, w := range writes {
			if entry := w.(map[string]any); entry["content"] == string(old) {
				entry["content"] = string(spoilt)
			}
		}
		body, err := yaml.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		after[setup] = slices.Concat(head, []byte("\n"), body)
	}
	return after
}

// widened lets all traffic through in both directions.
func widened(t *testing.T, data []byte) []byte {
	t.Helper()
	docs := bytes.Split(data, []byte("\n---\n"))
	for i := range docs {
		var object map[string]any
		if err := yaml.Unmarshal(docs[i], &object); err != nil {
			t.Fatal(err)
		}
		spec, ok := object["spec"].(map[string]any)
		if !ok || object["kind"] != "NetworkPolicy" {
			continue
		}
		spec["ingress"], spec["egress"] = []any{map[string]any{}}, []any{map[string]any{}}
		spec["policyTypes"] = []string{"Ingress", "Egress"}
		var err error
		if docs[i], err = yaml.Marshal(object); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.Join(docs, []byte("\n---\n"))
}

// stop is a control that the report names where it stops a variant, with its files.
type stop struct {
	step  string // "R-04 privileged"
	hold  model.Hold
	files []string
	steps int // at how many places
}

// stopped reads off a report what stops which steps, and the ids of the trusted base.
func stopped(t *testing.T, spec *model.Spec, posture model.Posture) ([]*stop, map[string]bool) {
	t.Helper()
	report, err := threatmodel.Build(spec).Analyse(posture, threatmodel.Options{Faults: 1, Paths: 1, Frontier: math.MaxInt})
	if err != nil {
		t.Fatal(err)
	}
	type key struct {
		step string
		hold model.Hold
	}
	byKey, seen := map[key]*stop{}, map[string]bool{}
	var all []*stop
	for _, e := range report.Entries {
		for _, b := range e.Blocked {
			for _, c := range b.By {
				k := key{b.Step + " " + b.Variant, model.Hold{Control: c.ID, Subject: c.Subject}}
				if byKey[k] == nil {
					byKey[k] = &stop{step: k.step, hold: k.hold, files: append([]string{c.Path}, c.Also...)}
					all = append(all, byKey[k])
				}
				if place := b.Title + "\x00" + string(c.ID) + "\x00" + string(c.Subject); !seen[place] {
					seen[place] = true
					byKey[k].steps++
				}
			}
		}
	}
	trusted := map[string]bool{}
	for _, x := range report.TrustedBase {
		trusted[x.Atom.ID] = x.Total > 0
	}
	return all, trusted
}
