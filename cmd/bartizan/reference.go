package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// newReference makes the command that writes the reference in docs/ of the repository. It is hidden, because users read
// the committed files, or "bartizan explain", which prints the same.
func newReference(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "reference",
		Short:   "Write the reference of the language and of the catalogues",
		Long:    "Reference writes the documents that are printed from the catalogues of this very program: the language, its weakenings, controls, attack steps, checks, generators and words, in Markdown.",
		Example: "  bartizan reference -o docs",
		Args:    cobra.NoArgs,
		Hidden:  true,
	}
	out := cmd.Flags().StringP("output", "o", "", "write the documents to this `directory`, which exists")
	_ = cmd.MarkFlagRequired("output")
	cmd.RunE = func(*cobra.Command, []string) error {
		documents, err := reference()
		if err != nil {
			return err
		}
		if err := writeDocuments(*out, documents); err != nil {
			return err
		}
		for _, d := range documents {
			s.out.line(filepath.Join(*out, d.name))
		}
		return nil
	}
	return cmd
}

// document is one file of the reference.
type document struct {
	name string
	text []byte
}

// reference prints the catalogues as documents, in reading order.
func reference() ([]document, error) {
	language, err := newLanguagePage()
	if err != nil {
		return nil, err
	}
	pages := []struct {
		name string
		data any
	}{
		{"language.md", language},
		{"weakenings.md", weakeningsPage{model.WeakPoints(), strings.TrimSpace(model.LookupBlock("exception").Example)}},
		{"challenges.md", challenges()},
		{"controls.md", layered(controlInfos(), func(i controlInfo) model.Layer { return i.Layer })},
		{"steps.md", stepsPage{threatmodel.ATTACKVersion, layered(stepInfos(), func(i stepInfo) model.Layer { return i.Layer }), threatmodel.TakenElsewhere}},
		{"checks.md", checkInfos()},
		{"generators.md", generatorInfos()},
		{"words.md", words()},
	}
	var documents []document
	for _, p := range pages {
		text, err := templates.Render("reference-"+p.name+".tmpl", p.data)
		if err != nil {
			return nil, err
		}
		documents = append(documents, document{p.name, text})
	}
	return documents, nil
}

func writeDocuments(dir string, documents []document) error {
	for _, d := range documents {
		name := filepath.Join(dir, d.name)
		old, err := os.ReadFile(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = generate.CreateFile(name, d.text)
		case err == nil && !bytes.Equal(old, d.text):
			err = generate.ReplaceFile(name, old, d.text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type weakeningsPage struct {
	Weakenings []model.WeakPoint
	Example    string
}

type stepsPage struct {
	ATTACKVersion string
	Layers        []layerOf[stepInfo]
	Elsewhere     []*threatmodel.Elsewhere
}

// layerOf is one layer with the entries of a catalogue that belong to it.
type layerOf[T any] struct {
	Layer   model.Layer
	Entries []T
}

// layered divides a catalogue into layers, in reading order.
func layered[T any](all []T, of func(T) model.Layer) []layerOf[T] {
	var layers []layerOf[T]
	for _, l := range model.Layers {
		group := layerOf[T]{Layer: l}
		for _, x := range all {
			if of(x) == l {
				group.Entries = append(group.Entries, x)
			}
		}
		layers = append(layers, group)
	}
	return layers
}

// challenge is a measure with the controls that answer it.
type challenge struct{ *model.Measure }

// Answers returns the controls that answer the challenge.
func (c challenge) Answers() []*model.Control {
	var all []*model.Control
	for _, id := range c.Controls {
		all = append(all, model.LookupControl(id))
	}
	return all
}

// challenges lists the checklist of the project: the principles, then layer by layer.
func challenges() []layerOf[challenge] {
	var all []challenge
	principles := layerOf[challenge]{}
	for i := range model.Measures {
		c := challenge{&model.Measures[i]}
		if all = append(all, c); c.Layer == "" {
			principles.Entries = append(principles.Entries, c)
		}
	}
	return append([]layerOf[challenge]{principles}, layered(all, func(c challenge) model.Layer { return c.Layer })...)
}

// ruleInfo is a check or a generator.
type ruleInfo struct {
	Name     string                `json:"name"`
	Title    string                `json:"title"`
	Body     string                `json:"doc,omitempty"`
	Controls []model.ControlID     `json:"controls"`
	Kinds    []generate.ObjectKind `json:"kinds,omitempty"` // of objects that a generator writes
}

func newRuleInfo(name, doc string, controls []model.ControlID, kinds []generate.ObjectKind) ruleInfo {
	title, body, _ := strings.Cut(doc, "\n\n")
	return ruleInfo{name, title, body, list(controls), kinds}
}

func checkInfos() []ruleInfo {
	var infos []ruleInfo
	for _, c := range verify.All {
		infos = append(infos, newRuleInfo(c.Name, c.Doc, c.Controls, nil))
	}
	return infos
}

func generatorInfos() []ruleInfo {
	var infos []ruleInfo
	for _, g := range generate.All {
		infos = append(infos, newRuleInfo(g.Name, g.Doc, g.Controls, g.Kinds))
	}
	return infos
}

// starterFile is one file of what init writes.
type starterFile struct{ Name, Text string }

func starterFiles() ([]starterFile, error) {
	var files []starterFile
	err := fs.WalkDir(starter, "starter", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := starter.ReadFile(path)
		files = append(files, starterFile{e.Name(), strings.TrimSpace(string(text))})
		return err
	})
	if err == nil && len(files) == 0 {
		err = errors.New("the starter is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("starter: %w", err)
	}
	return files, nil
}
