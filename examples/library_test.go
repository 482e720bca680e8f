package examples_test

import (
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// load reads a specification with files of variables, as of today.
func load(t *testing.T, spec string, values ...string) *model.Spec {
	t.Helper()
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		t.Fatal(err)
	}
	l := model.Load(spec, model.Options{Today: day, VarFiles: values})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	return l.Spec
}

// tree is what the generators write for a specification: what "bartizan generate" writes, without the summary of the threat
// model, which is most of the work, and without lock files.
func tree(t *testing.T, spec string, values ...string) map[string][]byte {
	t.Helper()
	set, err := generate.Run(load(t, spec, values...), generate.All)
	if err != nil {
		t.Fatal(err)
	}
	return set.Files()
}
