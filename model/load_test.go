package model_test

import (
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

var today = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

func loadSketch(t *testing.T) *model.Spec {
	t.Helper()
	l := model.Load("testdata/sketch", model.Options{Today: today})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	t.Log(l.Text())
	return l.Spec
}

func TestSketchLoads(t *testing.T) {
	loadSketch(t)
}
