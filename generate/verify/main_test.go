package verify

import (
	"os"
	"runtime/debug"
	"testing"
)

// The tests make and drop thousands of small trees: with more garbage between two collections they take a fifth less.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
