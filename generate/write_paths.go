package generate

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// maxName is the longest name of a file, in bytes. File systems hold 255, and while a file is replaced its old bytes
// bear its name between two marks of ours.
const maxName = 200

// portable is a name that every file system and version control tool keeps as it is. It is ASCII, so that no two names
// differ only in how a character is composed, and the one folding of cases is that of the letters A to Z.
var portable = regexp.MustCompile(`^[A-Za-z0-9._+-]*[A-Za-z0-9_+-]$`)

// device matches the names that Windows gives to devices, whatever extension follows: a tree with one of them cannot be
// checked out there. See "Naming Files, Paths, and Namespaces" in Microsoft's documentation of Win32.
var device = regexp.MustCompile(`^(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

func checkName(name string) error {
	switch {
	case len(name) > maxName:
		return fmt.Errorf("the name %.20q… is longer than %d bytes", name, maxName)
	case !portable.MatchString(name):
		return fmt.Errorf("the name %q has other characters than letters, digits and . _ + -, or ends in a dot", name)
	case device.MatchString(name):
		return fmt.Errorf("the name %q is a device on Windows", name)
	case strings.HasPrefix(name, reserved):
		return fmt.Errorf("the name %q is reserved", name)
	}
	return nil
}

// checkPaths refuses a set that cannot be a directory everywhere: paths that leave it, that hold a name that is not
// portable, that differ in case only (one file on macOS and Windows), or that are file and directory at once.
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
		if !fs.ValidPath(a.Path) || a.Path == "." {
			return fmt.Errorf("path %q cannot be written", a.Path)
		}
		if m := a.Mode; m != 0o644 && m != 0o755 {
			return fmt.Errorf("%s: mode %04o: only 0644 and 0755 survive version control", a.Path, m)
		}
		for name := range strings.SplitSeq(a.Path, "/") {
			if err := checkName(name); err != nil {
				return fmt.Errorf("path %q cannot be written: %w", a.Path, err)
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

func base(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }
