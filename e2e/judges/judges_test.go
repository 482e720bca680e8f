//go:build e2e

package judges_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/judges"
)

// Every judge judges every object that it has checks for, in every example, and what it finds has a reason in the list.
// No reason is left that explains nothing, and none explains more than it says.
func TestJudgesAcceptTheExamples(t *testing.T) {
	ledger := judges.NewLedger(contradictions(t))
	for _, j := range judges.All() {
		t.Run(j.Name, func(t *testing.T) {
			_, version := program(t, j)
			objects, passed, explained, unexplained := 0, 0, 0, 0
			for _, example := range examples(t) {
				tree, report := judge(t, j, example.objects)
				for _, o := range tree.Objects {
					if j.Judges(o) && !report.Judged[o.ID()] {
						t.Errorf("%s: %s was not judged", example.name, o.ID())
					}
				}
				left := ledger.Unexplained(j.Name, example.name, report)
				for _, f := range left {
					t.Errorf("%s:%s fails %s: %s", example.name, f.Object, f.Check, f.Text)
				}
				objects += len(report.Judged)
				passed += report.Passed
				explained += len(report.Failed) - len(left)
				unexplained += len(left)
			}
			for _, wrong := range ledger.Wrong(j.Name) {
				t.Error(wrong)
			}
			fmt.Printf("%-12s %-8s %6d objects %6d checks passed %4d failed %4d failed with a reason\n",
				j.Name, version, objects, passed, unexplained, explained)
		})
	}
}

// What nobody should accept is refused by each judge, so that what the others pass is no accident of how they are called.
func TestEveryJudgeRefusesWhatIsWeak(t *testing.T) {
	text, err := os.ReadFile("testdata/weak.yaml")
	if err != nil {
		t.Fatal(err)
	}
	weak, err := judges.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	all := examples(t)
	small := all[slices.IndexFunc(all, func(e example) bool { return e.name == "minimal" })]
	for _, j := range judges.All() {
		t.Run(j.Name, func(t *testing.T) {
			_, report := judge(t, j, append(slices.Clone(small.objects), weak...))
			if !slices.ContainsFunc(report.Failed, func(f judges.Finding) bool {
				return f.Check == j.Weak && slices.ContainsFunc(weak, func(o judges.Object) bool { return o.ID() == f.Object })
			}) {
				t.Errorf("nothing weak fails %s; what failed: %v", j.Weak, report.Failed)
			}
		})
	}
}

// The reasons name judges that there are, and exceptions that the examples have.
func TestReasonsAreAboutWhatThereIs(t *testing.T) {
	for _, c := range contradictions(t) {
		if !slices.ContainsFunc(judges.All(), func(j *judges.Judge) bool { return j.Name == c.Judge }) {
			t.Errorf("%s: there is no such judge", c)
		}
		name, ok := strings.CutPrefix(c.Reason, "exception ")
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, ":")
		for _, e := range examples(t) {
			if ok, err := path.Match(c.Example, e.name); !ok || err != nil {
				continue
			}
			if !strings.Contains(specification(t, e.spec), fmt.Sprintf("\nexception %q {\n", name)) {
				t.Errorf("%s: %s has no exception %q", c, e.name, name)
			}
		}
	}
}

// specification is the text of all files of a specification.
func specification(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

func contradictions(t *testing.T) []judges.Contradiction {
	t.Helper()
	text, err := os.ReadFile("testdata/contradictions.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, err := judges.ParseContradictions(text)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
