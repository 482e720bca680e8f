package model

import (
	"slices"
	"strings"
	"testing"
)

func TestStandardsAreUniqueAndComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Standards {
		if seen[s.ID] {
			t.Errorf("%s: listed twice", s.ID)
		}
		seen[s.ID] = true
		if s.Source == "" || s.Title == "" || s.Layer == "" {
			t.Errorf("%s: a column is empty", s.ID)
		}
	}
	if len(Standards) < 300 {
		t.Errorf("%d requirements, want the whole catalogue", len(Standards))
	}
	sources := StandardSources()
	if sorted := slices.Compact(slices.Sorted(slices.Values(sources))); len(sorted) != len(sources) {
		t.Errorf("requirements of one source do not stand together: %q", sources)
	}
}

func TestControlsReferToExistingStandards(t *testing.T) {
	for _, c := range Controls {
		for _, id := range c.Standards {
			if LookupStandard(id) == nil {
				t.Errorf("control %s: unknown standard %q", c.ID, id)
			}
		}
	}
}

func TestRequirementsNameExistingControls(t *testing.T) {
	for _, s := range Standards {
		for _, id := range s.Controls {
			c := LookupControl(id)
			if c == nil {
				t.Errorf("requirement %s: unknown control %q", s.ID, id)
			} else if !slices.Contains(c.Standards, s.ID) {
				t.Errorf("control %s does not name requirement %s", id, s.ID)
			}
		}
	}
}

func TestMalformedStandardsAreRefused(t *testing.T) {
	const head = "id,source,title,layer,automatable,managed,controls\n"
	for name, table := range map[string]string{
		"no header":     "a,b,c,d,yes,no,\n",
		"empty":         "",
		"missing field": head + "a,b,c,d,yes,no\n",
		"unclear truth": head + "a,b,c,d,maybe,no,\n",
		"no id":         head + ",b,c,d,yes,no,\n",
	} {
		if _, err := readStandards(strings.NewReader(table)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
