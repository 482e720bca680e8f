package threatmodel

import (
	"os"
	"runtime/debug"
	"testing"
)

// The tests make and drop many graphs and trees: with more garbage between two collections they take less time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
