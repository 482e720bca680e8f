package generate

import (
	"path"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

func TestEveryDirectoryHasAReadmeThatListsItsFiles(t *testing.T) {
	g := &Generator{Name: "test", Run: func(p *Pass) error {
		for _, f := range []string{"a.txt", "clusters/shop/cluster/init.yaml", "clusters/shop/nodes/general/cloud|init.yaml"} {
			p.File(Artifact{Path: f, Doc: "what <it> is", Where: "cp-1, once"})
		}
		p.Directory(Directory{Path: "clusters/shop/cluster", Title: "Control plane", Doc: "Apply `init.yaml` first."})
		p.Directory(Directory{Path: "clusters/shop/cluster", Title: "Other", Doc: "Then wait."})
		p.Directory(Directory{Path: "nowhere", Title: "Nothing is here"})
		return nil
	}}
	set, err := Run(&model.Spec{}, []*Generator{g})
	if err != nil {
		t.Fatal(err)
	}
	checkReadmes(t, set)
	files := set.Files()
	if _, ok := files["nowhere/README.md"]; ok {
		t.Error("a description alone makes a directory")
	}
	got := string(files["clusters/shop/cluster/README.md"])
	for _, want := range []string{"# Control plane\n", "Apply `init.yaml` first.", "Then wait.", "| [`init.yaml`](init.yaml) | what &lt;it&gt; is | cp-1, once |"} {
		if !strings.Contains(got, want) {
			t.Errorf("README lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "Other") {
		t.Errorf("a second title is printed:\n%s", got)
	}
}

// checkReadmes fails where a directory of the tree has no README, or its README does not list a file or directory.
func checkReadmes(t *testing.T, set *Set) {
	t.Helper()
	files := set.Files()
	for file := range files {
		if path.Base(file) == readmeName && path.Dir(file) == "." {
			continue
		}
		name, dir := path.Base(file), path.Dir(file)
		if name == readmeName {
			name, dir = path.Base(dir), path.Dir(dir)
		}
		readme, ok := files[path.Join(dir, readmeName)]
		if !ok {
			t.Errorf("%s: its directory has no README", file)
			continue
		}
		if !strings.Contains(string(readme), "["+templates.MarkdownCode(name)+"](") {
			t.Errorf("%s: not listed in the README of %s", file, dir)
		}
	}
}

func TestEveryDirectoryOfTheExamplesHasAReadme(t *testing.T) {
	for _, dir := range []string{"../examples/online-boutique", "../model/testdata/sketch", "../model/testdata/everything"} {
		l := model.Load(dir, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
		if l.HasErrors() {
			t.Fatal(l.Text())
		}
		set, err := Run(l.Spec, All)
		if err != nil {
			t.Fatal(err)
		}
		checkReadmes(t, set)
		for _, a := range set.Artifacts {
			if a.Doc == "" || a.Where == "" && path.Base(a.Path) != readmeName {
				t.Errorf("%s: says not what it is for, or not where it is used", a.Path)
			}
			if path.Base(a.Path) != readmeName {
				continue
			}
			title, text, _ := strings.Cut(string(a.Data), "\n")
			if name := path.Base(path.Dir(a.Path)); title == "# "+name {
				t.Errorf("%s: the title says no more than the name of the directory", a.Path)
			}
			if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "|") {
				t.Errorf("%s: lacks a sentence about the directory", a.Path)
			}
		}
	}
}
