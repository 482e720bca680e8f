package examples_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// coverageCell is the evidence in a row of docs/coverage.md: a link to a file, and a place in it.
var coverageCell = regexp.MustCompile("\\[`[^`]+`\\]\\(([^)]+)\\)(?:: `([^`]+)`)?")

// Every check of the CIS benchmark is met by a file that is there, with the setting at the named place, or the document
// says why people must do it or why it is about nothing here. None is open in the examples. They have etcd beside the API
// server and a key on the node; the shapes are the other ways in which a control plane can be set up, with no workload.
func TestEveryCISCheckHasAPlaceOrAReason(t *testing.T) {
	trees := map[string]string{}
	for _, name := range examples {
		trees[name] = filepath.Join(name, "out")
	}
	const shapes = "../generate/testdata/shapes"
	entries, err := os.ReadDir(shapes)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		set, err := generate.Run(load(t, filepath.Join(shapes, e.Name())), generate.All)
		if err != nil {
			t.Fatal(err)
		}
		trees[e.Name()] = t.TempDir()
		if _, err := generate.Write(set, trees[e.Name()], generate.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, tree := range trees {
		docs := filepath.Join(tree, "docs")
		rows := coverageRows(t, filepath.Join(docs, "coverage.md"))
		for _, s := range model.Standards {
			if !strings.HasPrefix(s.ID, "CIS-1.12-") {
				continue
			}
			row := rows[s.ID]
			if len(row) != 5 {
				t.Errorf("%s: %s has no row", name, s.ID)
				continue
			}
			state, where := row[2], row[4]
			cell := coverageCell.FindStringSubmatch(where)
			switch {
			case state == "open" && slices.Contains(examples, name):
				t.Errorf("%s: %s is open", name, s.ID)
			case state == "open":
			case where == "":
				t.Errorf("%s: %s (%s) names neither a place nor a reason", name, s.ID, state)
			case state == "in files" && cell == nil:
				t.Errorf("%s: %s names no file", name, s.ID)
			case cell != nil:
				if why := placeMissing(filepath.Join(docs, cell[1]), cell[2]); why != "" {
					t.Errorf("%s: %s: %s", name, s.ID, why)
				}
			}
		}
	}
}

// coverageRows returns the cells of each row by the requirement's id.
func coverageRows(t *testing.T, file string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.SplitSeq(string(data), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows[cells[0]] = cells
	}
	return rows
}

// placeMissing says why the place is not in the file, or nothing.
func placeMissing(file, place string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if place == "" {
		return ""
	}
	component, flag, isFlag := strings.Cut(place, ".extraArgs: ")
	if !isFlag {
		if strings.HasPrefix(place, "/") {
			if !bytes.Contains(data, []byte(" "+place+" ")) {
				return file + " has no line for " + place
			}
			return ""
		}
		for field := range strings.SplitSeq(place, ".") {
			if !regexp.MustCompile(`(?m)^[\s-]*` + regexp.QuoteMeta(field) + `:`).Match(data) {
				return file + " has no field " + place
			}
		}
		return ""
	}
	for doc := range bytes.SplitSeq(data, []byte("\n---\n")) {
		var node map[string]any
		if yaml.Unmarshal(doc, &node) != nil || node["kind"] != "ClusterConfiguration" {
			continue
		}
		for name := range strings.SplitSeq(component, ".") {
			node, _ = node[name].(map[string]any)
		}
		args, _ := node["extraArgs"].([]any)
		if slices.ContainsFunc(args, func(a any) bool { m, _ := a.(map[string]any); return m["name"] == flag }) {
			return ""
		}
	}
	return file + " has no flag " + place
}
