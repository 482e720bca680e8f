package model

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Standard is one requirement of a published standard or guide, in our own words.
type Standard struct {
	ID     string // "CIS-1.12-1.2.1", "NSA-T07"
	Source string // the document: "CIS Kubernetes Benchmark v1.12"
	Title  string
	Layer  string // the component that it is about: "kube-apiserver", "rbac"
	// Automatable says that files can satisfy the requirement; people must see to the others.
	Automatable bool
	// Managed says that the requirement also applies where somebody else runs the control plane.
	Managed bool
	// Controls satisfy the requirement, alone or together. Requirements that a control's literal names are not repeated
	// here; see [Control.Standards].
	Controls []ControlID
}

// The table has the columns id, source, title, layer, automatable (yes, no), managed (yes, no) and
// controls (ids, separated by spaces).
//
//go:embed standards.csv
var standardsCSV string

// Standards is the catalogue of requirements, in the order of the file: by source, then as the source numbers them.
var Standards = mustReadStandards(standardsCSV)

var standardsByID = func() map[string]*Standard {
	m := make(map[string]*Standard, len(Standards))
	for i := range Standards {
		m[Standards[i].ID] = &Standards[i]
	}
	return m
}()

// LookupStandard returns the requirement with the id, or nil.
func LookupStandard(id string) *Standard { return standardsByID[id] }

// StandardSources returns the names of the documents, in the order of the catalogue.
func StandardSources() []string {
	var sources []string
	for _, s := range Standards {
		if len(sources) == 0 || sources[len(sources)-1] != s.Source {
			sources = append(sources, s.Source)
		}
	}
	return sources
}

// mustReadStandards panics on a malformed table: it is compiled in, so only a bug can malform it.
func mustReadStandards(table string) []Standard {
	standards, err := readStandards(strings.NewReader(table))
	if err != nil {
		panic(fmt.Errorf("standards.csv: %w", err))
	}
	return standards
}

func readStandards(r io.Reader) ([]Standard, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = 7
	rows, err := c.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != "id,source,title,layer,automatable,managed,controls" {
		return nil, fmt.Errorf("unknown columns")
	}
	var standards []Standard
	for i, row := range rows[1:] {
		automatable, ok1 := yesNo(row[4])
		managed, ok2 := yesNo(row[5])
		if row[0] == "" || !ok1 || !ok2 {
			return nil, fmt.Errorf("row %d: want an id and yes or no as automatable and managed", i+2)
		}
		var controls []ControlID
		for _, id := range strings.Fields(row[6]) {
			controls = append(controls, ControlID(id))
		}
		standards = append(standards, Standard{row[0], row[1], row[2], row[3], automatable, managed, controls})
	}
	return standards, nil
}

func yesNo(s string) (value, ok bool) { return s == "yes", s == "yes" || s == "no" }

// withStandards returns the controls with the requirements that the catalogue says they satisfy, besides those that
// they name themselves, in the order of the catalogue.
func withStandards(controls []*Control, standards []Standard) []*Control {
	satisfies := map[ControlID][]string{}
	for _, s := range standards {
		for _, id := range s.Controls {
			satisfies[id] = append(satisfies[id], s.ID)
		}
	}
	all := make([]*Control, len(controls))
	for i, c := range controls {
		joined := *c
		for _, id := range satisfies[c.ID] {
			if !slices.Contains(c.Standards, id) {
				joined.Standards = append(slices.Clip(joined.Standards), id)
			}
		}
		all[i] = &joined
	}
	return all
}
