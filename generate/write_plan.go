package generate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// tempPrefix begins the names of files that are being written.
const tempPrefix = ".bartizan-tmp-"

// maxFile is the largest file that is read; far more than any artifact. A larger one is not ours.
const maxFile = 64 << 20

// plan is all that [Write] will do, found out before anything is done.
type plan struct {
	options   WriteOptions
	wanted    map[string]*wantedDir // by path
	dirs      []*dirPlan            // sorted by path: parents first
	changes   []Change              // sorted by path
	unchanged int
}

// wantedDir is what the set puts into one directory.
type wantedDir struct {
	artifacts []*Artifact
	dirs      []string // paths
}

func wantedDirs(set *Set) map[string]*wantedDir {
	wanted := map[string]*wantedDir{".": {}}
	var dir func(string) *wantedDir
	dir = func(d string) *wantedDir {
		if w, ok := wanted[d]; ok {
			return w
		}
		w := &wantedDir{}
		wanted[d] = w
		parent := dir(path.Dir(d))
		parent.dirs = append(parent.dirs, d)
		return w
	}
	for i := range set.Artifacts {
		w := dir(path.Dir(set.Artifacts[i].Path))
		w.artifacts = append(w.artifacts, &set.Artifacts[i])
	}
	return wanted
}

// dirPlan is the work in one directory.
type dirPlan struct {
	path     string // "." for the root
	lockPath string
	exists   bool
	entries  map[string]fs.DirEntry
	lock     lock // as read

	writes    []write
	removes   []remove
	leftovers []string // paths

	lockBefore []byte // as it is on disk; nil: none
	lockDuring []byte // old and new digests
	lockAfter  []byte // nil: removed, because the directory holds nothing of ours any more
}

// write is a file to create or replace; was is what stood there when the plan was made.
type write struct {
	artifact *Artifact
	was      *digest // nil: nothing
}

type remove struct {
	path string
	was  digest
}

// newPlan compares the set with the directory.
func newPlan(set *Set, dir string, o WriteOptions) (*plan, error) {
	if err := checkPaths(set, o.lock()); err != nil {
		return nil, err
	}
	p := &plan{options: o, wanted: wantedDirs(set)}

	root, err := os.OpenRoot(dir)
	switch {
	case err == nil:
		defer root.Close()
	case errors.Is(err, fs.ErrNotExist):
		root = nil
	default:
		return nil, err
	}
	if _, err := p.walk(root, "."); err != nil {
		return nil, err
	}
	slices.SortFunc(p.dirs, func(a, b *dirPlan) int { return strings.Compare(a.path, b.path) })
	slices.SortFunc(p.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return p, nil
}

// walk plans the directory and those below it that we want to write to or wrote to: it never enters a link, nor a
// directory without a lock of ours where nothing is to be written. root is nil if the directory does not exist. It
// reports whether the directory will hold something of ours.
func (p *plan) walk(root *os.Root, dir string) (ours bool, err error) {
	d := &dirPlan{path: dir, lockPath: path.Join(dir, p.options.lock()), entries: map[string]fs.DirEntry{}, lock: lock{}}
	if root != nil {
		if err := d.read(root); err != nil {
			return false, err
		}
	}
	want := p.wanted[dir]
	if want == nil {
		if d.lockBefore == nil {
			return false, nil
		}
		if _, otherTree := parseLock(d.lockBefore); otherTree {
			return false, nil
		}
		want = &wantedDir{}
	} else {
		ours = true
	}
	d.lock, _ = parseLock(d.lockBefore)
	p.dirs = append(p.dirs, d)

	during, after := lock{}, lock{}
	for name, lines := range d.lock {
		during[name] = slices.Clone(lines)
	}
	for _, a := range want.artifacts {
		line := lockLine{sha256.Sum256(a.Data), a.Mode}
		during.add(base(a.Path), line)
		after.add(base(a.Path), line)
		if err := p.compare(root, d, a, line); err != nil {
			return false, err
		}
	}
	for name, lines := range d.lock {
		if _, ok := after[name]; ok {
			continue
		}
		kept, err := p.stale(root, d, name)
		if err != nil {
			return false, err
		}
		if kept {
			after[name] = lines
			ours = true
		}
	}
	p.odds(d)
	below, err := p.descend(root, d, want)
	if err != nil {
		return false, err
	}
	// A directory without files of ours keeps its lock if one below needs it: without a lock nobody looks further.
	ours = ours || below
	d.lockDuring = during.encode(dir == ".")
	if ours {
		d.lockAfter = after.encode(dir == ".")
	}
	return ours, nil
}

// odds notes what is neither generated nor listed and yet matters: a thing in place of the lock file, temporary files.
func (p *plan) odds(d *dirPlan) {
	if e, ok := d.entries[base(d.lockPath)]; ok && !e.Type().IsRegular() {
		p.changes = append(p.changes, Change{Path: d.lockPath, Kind: Blocked})
	}
	for name, e := range d.entries {
		if strings.HasPrefix(name, tempPrefix) && e.Type().IsRegular() {
			d.leftovers = append(d.leftovers, path.Join(d.path, name))
			p.changes = append(p.changes, Change{Path: path.Join(d.path, name), Kind: Leftover})
		}
	}
}

// descend walks the directories in d, those that exist and those that are to be made.
func (p *plan) descend(root *os.Root, d *dirPlan, want *wantedDir) (ours bool, err error) {
	visit := func(root *os.Root, dir string) error {
		o, err := p.walk(root, dir)
		ours = ours || o
		return err
	}
	for name, e := range d.entries {
		dir := path.Join(d.path, name)
		switch {
		case e.IsDir():
			if err := visit(root, dir); err != nil {
				return false, err
			}
		case p.wanted[dir] != nil:
			p.changes = append(p.changes, Change{Path: dir, Kind: Blocked})
		}
	}
	for _, dir := range want.dirs {
		if _, ok := d.entries[base(dir)]; !ok {
			if err := visit(nil, dir); err != nil {
				return false, err
			}
		}
	}
	return ours, nil
}

// read lists the directory and reads its lock file.
func (d *dirPlan) read(root *os.Root) error {
	f, err := root.Open(d.path)
	if err != nil {
		return err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return err
	}
	d.exists = true
	for _, e := range entries {
		d.entries[e.Name()] = e
	}
	if e, ok := d.entries[base(d.lockPath)]; ok && e.Type().IsRegular() {
		d.lockBefore, err = readFile(root, d.lockPath)
		if err == nil && d.lockBefore == nil {
			d.lockBefore = []byte{}
		}
	}
	return err
}

// compare finds out what has to be done for one artifact.
func (p *plan) compare(root *os.Root, d *dirPlan, a *Artifact, line lockLine) error {
	name := base(a.Path)
	e, ok := d.entries[name]
	if !ok {
		d.writes = append(d.writes, write{artifact: a})
		p.changes = append(p.changes, Change{Path: a.Path, Kind: Missing, new: a.Data})
		return nil
	}
	if !e.Type().IsRegular() {
		p.changes = append(p.changes, Change{Path: a.Path, Kind: Blocked})
		return nil
	}
	old, err := readFile(root, a.Path)
	if err != nil {
		return err
	}
	info, err := e.Info()
	if err != nil {
		return err
	}
	was := digest(sha256.Sum256(old))
	// Version control keeps of the mode only whether the owner may execute.
	if was == line.digest && info.Mode()&0o100 == a.Mode&0o100 {
		p.unchanged++
		return nil
	}
	kind := Edited
	switch {
	case was == line.digest, d.lock.lists(name, was):
		kind = Outdated
	case d.lock[name] == nil:
		kind = Foreign
	}
	d.writes = append(d.writes, write{artifact: a, was: &was})
	p.changes = append(p.changes, Change{Path: a.Path, Kind: kind, old: old, new: a.Data})
	return nil
}

// stale finds out what has to be done for a file of the lock that is no longer generated, and whether it stays.
func (p *plan) stale(root *os.Root, d *dirPlan, name string) (kept bool, err error) {
	e, ok := d.entries[name]
	if !ok || !e.Type().IsRegular() {
		return false, nil // gone; what stands there instead is not ours
	}
	file := path.Join(d.path, name)
	old, err := readFile(root, file)
	if err != nil {
		return false, err
	}
	c := Change{Path: file, Kind: Stale, old: old}
	was := digest(sha256.Sum256(old))
	if !d.lock.lists(name, was) {
		c.Kind = StaleEdited
	}
	p.changes = append(p.changes, c)
	if !p.options.Prune {
		return true, nil
	}
	d.removes = append(d.removes, remove{file, was})
	return false, nil
}

// report says what the plan will do, or why it must not.
func (p *plan) report() *Report {
	r := &Report{Unchanged: p.unchanged}
	for _, c := range p.changes {
		switch {
		case c.Kind == Blocked,
			(c.Kind == Edited || c.Kind == Foreign) && !p.options.Force,
			c.Kind == StaleEdited && p.options.Prune && !p.options.Force:
			r.Refused = append(r.Refused, c)
		case c.Kind == Stale || c.Kind == StaleEdited:
			if p.options.Prune {
				r.Removed = append(r.Removed, c.Path)
			} else {
				r.Stale = append(r.Stale, c)
			}
		case c.Kind != Leftover:
			r.Written = append(r.Written, c.Path)
		}
	}
	if len(r.Refused) > 0 {
		r.Written, r.Removed = nil, nil
	}
	return r
}

// readFile reads a regular file of at most maxFile bytes. Os.Root keeps links from leading out of the tree.
func readFile(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	}
	return data, err
}
