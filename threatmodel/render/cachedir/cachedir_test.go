package cachedir

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyAPrivateDirectoryIsUsable(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.Mkdir(at("private"), 0o700),
		os.Mkdir(at("readable"), 0o755),
		os.WriteFile(at("file"), nil, 0o600),
		os.Symlink(at("private"), at("link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{
		"private": true, "new": true, "deep/new": true, "no/home/new": false, "readable": false, "file": false, "link": false, "file/below": false,
	} {
		if got := usable(at(name)); got != want {
			t.Errorf("%s: usable %v, want %v", name, got, want)
		}
	}
}

func TestRestoreGivesBackTheTemporaryDirectory(t *testing.T) {
	during := os.Getenv(variable)
	Restore()
	if after := os.Getenv(variable); after == during {
		t.Errorf("still %q", after)
	}
}
