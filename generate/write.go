package generate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// LockName is the name of the file that lists, in each directory, what we wrote there.
const LockName = ".bartizan.lock"

// WriteOptions say what [Write] may do to files that are not plainly its own.
type WriteOptions struct {
	Force bool // overwrite files that people have edited or made; with Prune, also remove edited ones
	Prune bool // remove files of ours that are no longer generated
	// Lock is the name of the lock files; empty means [LockName]. Two commands that write to one directory use two
	// names, so that neither takes the other's files for stale ones of its own.
	Lock string
}

func (o WriteOptions) lock() string {
	if o.Lock == "" {
		return LockName
	}
	return o.Lock
}

// Kind is how a file of the tree differs from the directory.
type Kind string

const (
	Missing     Kind = "missing"      // generated, not in the directory
	Outdated    Kind = "outdated"     // ours, and what we would write differs
	Edited      Kind = "edited"       // ours, changed by hand, and what we would write differs
	Foreign     Kind = "foreign"      // not ours, and stands where we would write
	Blocked     Kind = "blocked"      // a directory, link or device stands in the way: never replaced
	Stale       Kind = "stale"        // ours, no longer generated
	StaleEdited Kind = "stale-edited" // ours, no longer generated, and changed by hand
	Leftover    Kind = "leftover"     // temporary file of a run that was interrupted
)

// Change is one difference between a set and a directory.
type Change struct {
	Path string `json:"path"` // slash-separated, relative to the root of the tree
	Kind Kind   `json:"kind"`

	old, new []byte // for the diff; nil: no file
}

// Report says what [Write] did, or would not do.
type Report struct {
	Written   []string // paths that were created or replaced, sorted; lock files are not counted
	Removed   []string // paths that were removed, sorted
	Unchanged int      // files that were as they should be, and were not touched
	Stale     []Change // files of ours that are no longer generated and that were left
	// Refused is why nothing was written: files of other people's making that Force would overwrite or remove, and
	// things that stand in the way.
	Refused []Change
}

// Write brings the set to the directory, which is made if it does not exist.
//
// It is all or nothing: where it would lose a file that people edited or made, it writes nothing and names the files
// in Report.Refused. A file is ours if a lock file lists it, and unedited if its digest is the listed one. Files that
// are already right are not touched, whoever wrote them; other people's files elsewhere are never looked at. An error
// is the machine's, or a set that no directory can hold.
//
// # Crashes
//
// Each file is written beside its place, synchronised, and renamed. In each directory the order is: first a lock file
// that lists old and new digests, then the files, then removals, then a lock file with the new digests alone. Whenever
// the run is cut short, every file is whole, and it is listed with the digest that it has: the next run knows it as
// ours and completes the work, and [Compare] reports a difference until then. An edit is never taken for ours, because
// a digest enters the lock only if we have just written those bytes or are about to. Before a file is replaced it is
// read once more, so that an edit made during the run stops the run; what is left is the moment between that and the
// rename.
func Write(set *Set, dir string, o WriteOptions) (*Report, error) {
	p, err := newPlan(set, dir, o)
	if err != nil {
		return nil, err
	}
	report := p.report()
	if len(report.Refused) > 0 {
		return report, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.apply(root), root.Close()); err != nil {
		return nil, err
	}
	return report, nil
}

// Compare says how the directory differs from the set, lock files included, sorted by path. It is empty exactly if
// [Write] would change nothing. A directory that does not exist misses every file.
func Compare(set *Set, dir string, o WriteOptions) ([]Change, error) {
	p, err := newPlan(set, dir, o)
	if err != nil {
		return nil, err
	}
	changes := p.changes
	for _, d := range p.dirs {
		switch {
		case d.lockBefore == nil && d.lockAfter == nil, d.lockBefore != nil && bytes.Equal(d.lockBefore, d.lockAfter):
		case d.lockAfter == nil:
			changes = append(changes, Change{Path: d.lockPath, Kind: Stale, old: d.lockBefore})
		case d.lockBefore == nil:
			changes = append(changes, Change{Path: d.lockPath, Kind: Missing, new: d.lockAfter})
		default:
			changes = append(changes, Change{Path: d.lockPath, Kind: Outdated, old: d.lockBefore, new: d.lockAfter})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, nil
}

// checkPaths refuses a set that cannot be a directory: paths that leave it, that a terminal or a lock file could not
// hold, that differ in case only (one file on macOS and Windows), or that are file and directory at once.
func checkPaths(set *Set, lock string) error {
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
		if name := base(a.Path); name == lock || strings.HasPrefix(name, tempPrefix) {
			return fmt.Errorf("%s: the name is reserved", a.Path)
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
