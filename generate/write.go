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

func (o WriteOptions) names() names { return names{strings.TrimSuffix(o.lock(), ".lock")} }

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
	Rescued     Kind = "rescued"      // what somebody saved while a run was replacing the file, kept when that run was interrupted
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
// Directories are done from the top down. In each the order is: a lock file that lists old and new digests; the files,
// each written beside its place, synchronised, and exchanged with what stands there; removals; then a lock file with the
// new digests alone. Directories that hold nothing of ours any more lose their lock at the end, from the bottom up. So
// whenever the run is cut short, every file is whole and is listed with the digest that it has, and its lock can be
// reached from the top: the next run knows it as ours and completes the work, and [Compare] reports a difference until
// then. No step is begun before the disk has the one that it relies on.
//
// An edit is never taken for ours, because a digest enters the lock only if we are about to write those bytes. What a
// file held is looked at once more after the exchange: what somebody saved meanwhile gets its name back, and the run
// stops. A run that is killed in between leaves it under a name of its own, as [Rescued]. File systems that cannot
// exchange names leave a moment between the last look and the replacement.
//
// A second run on the same directory waits a few seconds for the first, then fails.
func Write(set *Set, dir string, o WriteOptions) (*Report, error) {
	if err := checkPaths(set); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	top, err := openDisk(dir)
	if err != nil {
		return nil, err
	}
	defer top.close()
	if err := top.lock(true, lockWait); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return writeTree(set, top, o, writers)
}

// writeTree is [Write] below a folder, with so many directories at once.
func writeTree(set *Set, top folder, o WriteOptions, writers int) (*Report, error) {
	p, err := newPlan(set, top, o)
	if err != nil {
		return nil, err
	}
	report := p.report()
	if len(report.Refused) > 0 {
		return report, nil
	}
	if err := p.apply(top, writers); err != nil {
		return nil, err
	}
	return report, nil
}

// Compare says how the directory differs from the set, lock files included, sorted by path. It is empty exactly if
// [Write] would change nothing. A directory that does not exist misses every file. While a run writes to the directory
// it waits a few seconds, then fails.
func Compare(set *Set, dir string, o WriteOptions) ([]Change, error) {
	if err := checkPaths(set); err != nil {
		return nil, err
	}
	top, err := openDisk(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return compareTree(set, nil, o)
	}
	if err != nil {
		return nil, err
	}
	defer top.close()
	if err := top.lock(false, lockWait); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return compareTree(set, top, o)
}

// compareTree is [Compare] below a folder; nil stands for a directory that does not exist.
func compareTree(set *Set, top folder, o WriteOptions) ([]Change, error) {
	p, err := newPlan(set, top, o)
	if err != nil {
		return nil, err
	}
	changes := p.changes
	for _, d := range p.dirs {
		if d.lockBefore == nil && d.entries[base(d.lockPath)] != nil {
			continue // something in its place, which is among the changes already
		}
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
