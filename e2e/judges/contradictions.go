package judges

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Contradiction is a check that some objects fail for a good reason.
type Contradiction struct {
	// Judge and Check name the check.
	Judge, Check string
	// Example and Object are patterns for the examples and the ids of objects, in which * stands for anything without a slash.
	Example, Object string
	// Count is the number of objects that fail the check in all examples, and -1 if all objects do that the patterns fit.
	Count int
	// Reason says why they are right, or which exception allows it.
	Reason string
}

func (c Contradiction) String() string {
	return fmt.Sprintf("%s %s %s:%s", c.Judge, c.Check, c.Example, c.Object)
}

// ParseContradictions reads lines of a judge, a check, EXAMPLE:OBJECT, a number or "all", and a reason. Lines that begin
// with # are comments.
func ParseContradictions(text []byte) ([]Contradiction, error) {
	var all []Contradiction
	for line := range bytes.Lines(text) {
		s := strings.TrimSpace(string(line))
		if s == "" || s[0] == '#' {
			continue
		}
		f := strings.Fields(s)
		if len(f) < 5 {
			return nil, fmt.Errorf("%q is not a judge, a check, objects, a number and a reason", s)
		}
		example, object, ok := strings.Cut(f[2], ":")
		if _, err := path.Match(example+object, ""); err != nil || !ok {
			return nil, fmt.Errorf("%q is not EXAMPLE:OBJECT (%v)", f[2], err)
		}
		count := -1
		if f[3] != "all" {
			n, err := strconv.Atoi(f[3])
			if err != nil || n < 1 {
				return nil, fmt.Errorf("%q is neither a number of objects nor all", f[3])
			}
			count = n
		}
		all = append(all, Contradiction{Judge: f[0], Check: f[1], Example: example, Object: object, Count: count, Reason: strings.Join(f[4:], " ")})
	}
	return all, nil
}

// Ledger counts what contradictions explain in several trees.
type Ledger struct {
	entries []Contradiction
	// failed and fitting count for each entry the findings that it explains, and the judged objects that it could explain.
	failed, fitting []int
}

// NewLedger begins to count.
func NewLedger(entries []Contradiction) *Ledger {
	return &Ledger{entries: entries, failed: make([]int, len(entries)), fitting: make([]int, len(entries))}
}

// Unexplained counts a report on an example, and returns the findings that no contradiction explains.
func (l *Ledger) Unexplained(judge, example string, r *Report) []Finding {
	for i, e := range l.entries {
		for object := range r.Judged {
			if e.Judge == judge && e.fits(example, object) {
				l.fitting[i]++
			}
		}
	}
	// A judge may say the same of each container; the contradiction is one of the object.
	type failure struct{ check, object string }
	counted := map[failure]bool{}
	var left []Finding
	for _, f := range r.Failed {
		i := slices.IndexFunc(l.entries, func(e Contradiction) bool {
			return e.Judge == judge && e.Check == f.Check && e.fits(example, f.Object)
		})
		if i < 0 {
			left = append(left, f)
			continue
		}
		if key := (failure{f.Check, f.Object}); !counted[key] {
			counted[key] = true
			l.failed[i]++
		}
	}
	slices.SortFunc(left, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Check, b.Check)) })
	return left
}

// Wrong returns, after all trees, what is not true of the entries of a judge: one that explains nothing, and one that
// explains more or fewer objects than it says.
func (l *Ledger) Wrong(judge string) []string {
	var wrong []string
	for i, e := range l.entries {
		want := e.Count
		if want < 0 {
			want = l.fitting[i]
		}
		switch {
		case e.Judge != judge:
		case l.failed[i] == 0:
			wrong = append(wrong, fmt.Sprintf("%s explains nothing: take it out", e))
		case l.failed[i] != want:
			wrong = append(wrong, fmt.Sprintf("%s explains %d objects, but says %d", e, l.failed[i], want))
		}
	}
	return wrong
}

func (c Contradiction) fits(example, object string) bool {
	return match(c.Example, example) && match(c.Object, object)
}

// match is path.Match with a pattern that is known to be well-formed.
func match(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok
}
