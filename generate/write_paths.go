package generate

import (
	"fmt"
	"io/fs"
	"strings"
)

// checkPaths refuses a set that cannot be a directory: paths that leave it, that a terminal or a lock file could not
// hold, that differ in case only (one file on macOS and Windows), or that are file and directory at once.
func checkPaths(set *Set) error {
	type use struct {
		path string
		dir  bool
	}
	folded := map[string]use{}
	add := func(p string, dir bool) error {
		key := strings.ToLower(p)
		if old, ok := folded[key]; ok && (old.path != p || !old.dir || !dir) {
			return fmt.Errorf("%q and %q cannot both be written", old.path, p)
		}
		folded[key] = use{p, dir}
		return nil
	}
	for _, a := range set.Artifacts {
		if !fs.ValidPath(a.Path) || a.Path == "." || strings.ContainsFunc(a.Path, unprintable) {
			return fmt.Errorf("path %q cannot be written", a.Path)
		}
		if m := a.Mode; m != 0o644 && m != 0o755 {
			return fmt.Errorf("%s: mode %04o: only 0644 and 0755 survive version control", a.Path, m)
		}
		for name := range strings.SplitSeq(a.Path, "/") {
			if strings.HasPrefix(name, reserved) {
				return fmt.Errorf("%s: the name is reserved", a.Path)
			}
		}
		if err := add(a.Path, false); err != nil {
			return err
		}
		for i := strings.LastIndexByte(a.Path, '/'); i > 0; i = strings.LastIndexByte(a.Path[:i], '/') {
			parent := a.Path[:i]
			if old, ok := folded[parent]; ok && old.dir && old.path == parent {
				break // and so are its parents
			}
			if err := add(parent, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' || r == ':' }

func base(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }
