package model

import "testing"

func TestMeasuresNameExistingControls(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Measures {
		if seen[m.ID] {
			t.Errorf("%s: listed twice", m.ID)
		}
		seen[m.ID] = true
		if m.Title == "" || len(m.Controls) == 0 && m.Elsewhere == "" {
			t.Errorf("%s: nothing answers it", m.ID)
		}
		for _, id := range m.Controls {
			if LookupControl(id) == nil {
				t.Errorf("%s: unknown control %q", m.ID, id)
			}
		}
	}
}

func TestEveryControlAnswersAMeasure(t *testing.T) {
	used := map[ControlID]bool{}
	for _, m := range Measures {
		for _, id := range m.Controls {
			used[id] = true
		}
	}
	for _, c := range Controls {
		if !used[c.ID] {
			t.Errorf("control %s answers no measure: name it in measure.go", c.ID)
		}
	}
}
