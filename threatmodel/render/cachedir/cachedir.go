// Package cachedir gives go-graphviz a private directory for its compiled code.
//
// go-graphviz compiles WebAssembly when it is imported and keeps the native code in $TMPDIR/go-graphviz, without asking
// who owns that directory: on a shared host another user could plant code there. This package points TMPDIR at a
// directory of the user's own while the program initialises, or at nothing if there is none, and [Restore] undoes it.
//
// It works because Go initialises packages in the order of their import paths as soon as all that they import is
// initialised: this path sorts before github.com/goccy/go-graphviz, and this package imports nothing that go-graphviz
// does not. Every package that imports go-graphviz imports this one too. It is the one package with an init function.
package cachedir

import (
	"os"
	"path/filepath"
)

const variable = "TMPDIR" // on Windows the temporary directory is the user's own, and found otherwise

var (
	before string
	wasSet bool
)

func init() {
	before, wasSet = os.LookupEnv(variable)
	dir := os.DevNull // nothing can be made below it: the code is compiled in memory, every time
	if cache, err := os.UserCacheDir(); err == nil && usable(filepath.Join(cache, "bartizan")) {
		dir = filepath.Join(cache, "bartizan")
	}
	os.Setenv(variable, dir)
}

// Restore sets the environment as it was before the program started. Main calls it first.
func Restore() {
	if wasSet {
		os.Setenv(variable, before)
	} else {
		os.Unsetenv(variable)
	}
}

// usable makes the directory if need be and reports whether nobody but this user can read or write it, and this user
// can. Go-graphviz panics where its cache can be found but not be written.
func usable(dir string) bool {
	for _, d := range []string{filepath.Dir(dir), dir} { // no more: a home that does not exist is not made
		if err := os.Mkdir(d, 0o700); err != nil && !os.IsExist(err) {
			return false
		}
	}
	info, err := os.Lstat(dir) // a link is not a directory
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !ownedByUser(info) {
		return false
	}
	probe, err := os.CreateTemp(dir, "probe")
	if err != nil {
		return false
	}
	return probe.Close() == nil && os.Remove(probe.Name()) == nil
}
